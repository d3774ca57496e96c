//! Removals that could take the wrong users, or not all of the right ones.

use crate::error::sentence::sentences;

sentences! {
    /// `why` says why it is not known what the job created.
    Removal unknown_creation(job: &str, why: &str);
        "nothing was removed: {why}, so it is not known which users job {job} created"
        ": " "look in the dashboard";
    Removal unknown_users(why: &str);
        "nothing was removed: {why}; use plan_run_removal for the users of a run";
    Removal removal_elsewhere(folder: &str, theirs: &str, ours: &str);
        "nothing was removed: the run in {folder} was on the tenant {theirs}, and this tenant is {ours}";
    Removal removal_too_soon(folder: &str);
        "nothing was removed: the run in {folder} has not ended"
        ": " "finish it with resume_import, then remove its users";
    Removal plan_of_another_tenant(theirs: &str, ours: &str);
        "nothing was removed: the plan is for the tenant {theirs}, and this tenant is {ours}";
    Removal connection_gone(id: &str, name: Option<&str>)
        let name = name.map_or(String::new(), |name| format!(" (`{name}`)"));
        "nothing was removed: the connection {id}{name} of these users was deleted from the tenant, together with its users; if a connection has that name now, it is a different one";
}
