//! How a removal looks: who would go, who stays and why, and where the tenant's log has it.

use crate::display::show::shown;
use crate::display::view::{GOOD, View, WARNING};
use crate::removal::plan::{LeftOut, RemovalPlan, Removed};
use crate::words::{count, grouped, utc};

/// E-mails shown of a group.
const SHOWN: usize = 5;

shown!(RemovalPlan, Removed);

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

    fn view(&self) -> View {
        let mut facts = vec![("users", self.first_ones())];
        if !self.users.is_empty() {
            facts.push(("sign-ins", self.sign_ins()));
        }
        let kept = format!("{} of those sent, as they are", self.kept);
        facts.push(("would stay", kept));
        let reasons = reasons(&self.left_out).into_iter();
        facts.extend(reasons.map(|line| ("of these", line)));
        facts.extend(self.until.map(|until| {
            let words = "an upload that was not answered, or a job that was given up, may still bring users in, until";
            ("plan again", format!("{words} {}", utc(until / 1000)))
        }));
        facts.push(("tenant's log", in_the_log(&self.correlation_id)));
        let users = count(self.users.len(), "user");
        View::card(WARNING, format!("would delete {users}")).facts(facts)
    }
}

impl Removed {
    fn view(&self) -> View {
        let stayed = reasons(&self.left_out).into_iter();
        let mut facts: Vec<_> = stayed.map(|line| ("not deleted", line)).collect();
        facts.push(("tenant's log", in_the_log(&self.correlation_id)));
        let colour = match self.left_out.is_empty() {
            true => GOOD,
            false => WARNING,
        };
        View::card(colour, format!("{} deleted", count(self.deleted, "user"))).facts(facts)
    }
}
