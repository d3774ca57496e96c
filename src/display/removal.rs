//! How a removal looks: who would go, who stays and why, and where the tenant's log has it.

use crate::display::show::shown;
use crate::display::view::{GOOD, NEUTRAL, View, WARNING};
use crate::imports::folder::leftover::Leftover;
use crate::removal::clean_up::{CleanUp, CleanedUp, Planned};
use crate::removal::plan::{LeftOut, RemovalPlan, Removed, stays};
use crate::words::{count, grouped, utc};

/// E-mails shown of a group.
const SHOWN: usize = 5;
const MAY_COME_IN: &str =
    "an upload whose answer was lost, or a job that was given up, may still bring users in until";

shown!(RemovalPlan, Removed, CleanUp, CleanedUp);

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
        facts.extend(
            self.until
                .map(|until| ("plan again", format!("{MAY_COME_IN} {}", utc(until / 1000)))),
        );
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

impl CleanUp {
    fn title(&self) -> (&'static str, String) {
        let users = || format!("would delete {}", count(self.users, "user"));
        let is_unused = self.imports.is_empty() && self.unknown.is_empty();
        match (self.users, self.unknown.is_empty(), is_unused) {
            (_, _, true) => (
                NEUTRAL,
                "nothing was imported with this tenant handle; nothing to clean up".to_string(),
            ),
            (0, true, _) => (
                NEUTRAL,
                "nobody whom this notebook imported is in the tenant".to_string(),
            ),
            (0, false, _) => (
                WARNING,
                "which users this notebook imported is not known for every import".to_string(),
            ),
            _ => (WARNING, users()),
        }
    }

    fn view(&self) -> View {
        let mut facts = Vec::new();
        for Planned { import, removal } in &self.imports {
            let found = match removal.users.len() {
                0 => "none of its users is left".to_string(),
                users => format!("{} ({})", count(users, "user"), removal.first_ones()),
            };
            facts.push(("import", format!("{import}: {found}")));
            let stay: Vec<LeftOut> = removal
                .left_out
                .iter()
                .filter(|user| stays(user))
                .cloned()
                .collect();
            facts.extend(reasons(&stay).into_iter().map(|line| ("stay", line)));
        }
        let unknown = self.unknown.iter();
        facts.extend(unknown.map(|line| ("not planned", line.clone())));
        facts.extend(self.until.map(plan_again));
        facts.extend(self.leftovers.iter().map(other_run));
        let (colour, title) = self.title();
        View::card(colour, title).facts(facts)
    }
}

impl CleanedUp {
    /// Who is left, in words; nothing where nobody is.
    fn left(&self) -> String {
        let others: u64 = self.leftovers.iter().map(|run| run.users).sum();
        match () {
            () if !self.left_out.is_empty() => {
                let users = count(self.left_out.len(), "user");
                format!("{users} may be left")
            }
            () if !self.unknown.is_empty() => {
                let imports = count(self.unknown.len(), "import");
                format!("users of {imports} may be left")
            }
            () if self.until.is_some() => "nobody is left now, and some may still come in".into(),
            () if others > 0 => {
                let runs = count(self.leftovers.len(), "other run");
                format!("{} of {runs} may be left", count(others as usize, "user"))
            }
            () => String::new(),
        }
    }

    fn view(&self) -> View {
        let deleted = match self.deleted {
            0 => String::new(),
            deleted => format!("{} deleted; ", count(deleted, "user")),
        };
        let (colour, title) = match self.left() {
            left if left.is_empty() => (
                GOOD,
                format!("{deleted}nobody whom this notebook imported is left"),
            ),
            left => (WARNING, format!("{deleted}{left}")),
        };
        let left = reasons(&self.left_out).into_iter();
        let mut facts: Vec<_> = left.map(|line| ("left", line)).collect();
        let unknown = self.unknown.iter();
        facts.extend(unknown.map(|line| ("not known", line.clone())));
        if !(self.left_out.is_empty() && self.unknown.is_empty()) {
            let next = "run plan_clean_up and clean_up again; delete users who are still left in Auth0's dashboard";
            facts.push(("next", next.to_string()));
        }
        facts.extend(self.until.map(plan_again));
        facts.extend(self.leftovers.iter().map(other_run));
        View::card(colour, title).facts(facts)
    }
}

fn plan_again(until: u64) -> (&'static str, String) {
    let until = utc(until / 1000);
    (
        "plan again",
        format!("{MAY_COME_IN} {until}: run plan_clean_up again after that"),
    )
}

/// An earlier run, and the calls that remove its users.
fn other_run(run: &Leftover) -> (&'static str, String) {
    let folder = run.folder.display();
    let users = count(run.users as usize, "user");
    let remove = format!("`plan_run_removal(&tenant, \"{folder}\")`");
    let told = match run.has_ended {
        true => format!("{folder}: {users}, not in this plan; {remove} finds them"),
        false => format!(
            "{folder} has not ended, and up to {users} of it may be in the tenant; `resume_import(&tenant, \"{folder}\")` continues it, and then {remove} finds its users"
        ),
    };
    ("other run", told)
}
