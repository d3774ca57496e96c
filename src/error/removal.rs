//! Removals that could not be exact.

use crate::error::sentence::sentences;

sentences! {
    /// `why` it is not known what the job created.
    Removal unknown_creation(job: &str, why: &str);
        "nothing was removed: {why}, so what job {job} created is not known"
        ": " "look in the dashboard";
    Removal unknown_users(why: &str);
        "nothing was removed: {why}; users of a run are planned with plan_run_removal";
    Removal removal_elsewhere(folder: &str, theirs: &str, ours: &str);
        "nothing was removed: {folder} is of the tenant {theirs}, and this one is {ours}";
    Removal removal_too_soon(folder: &str);
        "nothing was removed: {folder} has not ended"
        ": " "resume_import first, then remove its users";
    Removal plan_of_another_tenant(theirs: &str, ours: &str);
        "nothing was removed: the plan is for {theirs}, this tenant is {ours}";
    Removal connection_gone(id: &str, name: Option<&str>)
        let name = name.map_or(String::new(), |name| format!(" (`{name}`)"));
        "nothing was removed: the connection {id}{name}, which these users were imported into, is gone from the tenant, and its users with it; a connection that has its name now is another one";
}
