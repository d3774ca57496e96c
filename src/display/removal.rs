//! How a removal looks: who would go, who stays and why, and where the tenant's log has it.

use crate::display::draw::{Draw, NEUTRAL, WARNING, draws, draws_in_cell, facts_html};
use crate::removal::plan::{LeftOut, RemovalPlan, Removed};
use crate::words::{count, grouped};

/// E-mails shown of a group.
const SHOWN: usize = 5;

draws!(RemovalPlan, Removed);

/// Where to look in the tenant's log.
pub(crate) fn in_the_log(correlation_id: &str) -> String {
    format!("references.correlation_id is {correlation_id}")
}

fn first_ones<'a>(emails: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: Vec<&str> = emails.clone().take(SHOWN).collect();
    let more = if emails.count() > SHOWN { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Who stays, by reason: how many, why, and the first of them.
fn reasons(left_out: &[LeftOut]) -> Vec<String> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for LeftOut { email, reason, .. } in left_out {
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, emails)) => emails.push(email),
            None => groups.push((reason, vec![email])),
        }
    }
    let line = |(reason, emails): (&str, Vec<&str>)| {
        let first = first_ones(emails.iter().copied());
        format!("{}: {reason} ({first})", grouped(emails.len()))
    };
    groups.into_iter().map(line).collect()
}

impl RemovalPlan {
    fn first_ones(&self) -> String {
        first_ones(self.users.iter().map(|(email, _)| email.as_str()))
    }

    fn sign_ins(&self) -> String {
        let told = self.users.len().saturating_sub(self.sign_in_unknown);
        let of = match self.sign_in_unknown {
            0 => "them".to_string(),
            _ => format!("the {} whom the tenant's search shows", grouped(told)),
        };
        match (told, self.signed_in) {
            (0, _) => "whether any of them has signed in is not known".to_string(),
            (_, 0) => format!("none of {of} has signed in"),
            (_, 1) => format!("1 of {of} has signed in since"),
            (_, number) => format!("{} of {of} have signed in since", grouped(number)),
        }
    }
}

impl Draw for RemovalPlan {
    fn plain(&self) -> String {
        let mut lines = vec![format!(
            "would delete {} ({})",
            count(self.users.len(), "user"),
            self.first_ones()
        )];
        if !self.users.is_empty() {
            lines.push(self.sign_ins());
        }
        lines.push(format!(
            "{} of those sent would stay as they are",
            self.kept
        ));
        lines.extend(
            reasons(&self.left_out)
                .iter()
                .map(|line| format!("   {line}")),
        );
        lines.push(format!(
            "tenant's log: {}",
            in_the_log(&self.correlation_id)
        ));
        lines.join("\n")
    }
    fn html(&self) -> String {
        let title = format!("would delete {}", count(self.users.len(), "user"));
        let kept = format!("{} of those sent, as they are", self.kept);
        let mut facts = vec![("users", self.first_ones())];
        if !self.users.is_empty() {
            facts.push(("sign-ins", self.sign_ins()));
        }
        facts.push(("would stay", kept));
        let reasons = reasons(&self.left_out).into_iter();
        facts.extend(reasons.map(|line| ("of these", line)));
        facts.push(("tenant's log", in_the_log(&self.correlation_id)));
        facts_html(WARNING, &title, &facts)
    }
}

impl Removed {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let stayed = reasons(&self.left_out).into_iter();
        let mut facts: Vec<_> = stayed.map(|line| ("not deleted", line)).collect();
        facts.push(("tenant's log", in_the_log(&self.correlation_id)));
        facts
    }
}

impl Draw for Removed {
    fn plain(&self) -> String {
        let facts = self.facts().into_iter();
        let lines = facts.map(|(name, value)| format!("\n{name}: {value}"));
        format!(
            "{} deleted{}",
            count(self.deleted, "user"),
            lines.collect::<String>()
        )
    }
    fn html(&self) -> String {
        let title = format!("{} deleted", count(self.deleted, "user"));
        facts_html(NEUTRAL, &title, &self.facts())
    }
}
