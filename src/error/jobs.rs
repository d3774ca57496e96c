//! Jobs that are waited for, exports and sign-ins.

use std::time::Duration;

use crate::error::refusal::SignInRefusal;
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::grouped;

sentences! {
    Input settings_of_a_run();
        "nothing was sent, since start_import_with makes one job, and what is set beyond the settings of a job (a name, slots, a rate, a limit, what becomes of rows and ids) is for a run"
        ": " "give it JobOptions, or use import_users";
}

// A job that is to be taken up again.
sentences! {
    Input no_job_id(given: &str);
        "`{given}` is not a job's id (job_ and letters or digits)"
        ": " "the job's card shows it, and the tenant's log";
    Input no_import_job(job: &str, kind: &str);
        "job {job} cannot be taken up: it is of the type `{kind}`, and an import's is `users_import`";
}

// The wait is over.
sentences! {
    OutOfTime out_of_time(limit: Duration) let limit = limit.as_secs_f64();
        "the time limit of {limit} s was reached";
    JobRunning job_running(job: &str, limit: Duration) let limit = limit.as_secs();
        "job {job} is still running after {limit} s and goes on in the tenant"
        ": " "run this cell again to wait longer";
    JobRunning job_of_unknown_status(job: &str, limit: Duration, status: &str) let limit = limit.as_secs();
        "job {job} had not ended after {limit} s, and GET /api/v2/jobs/{job} names the status `{status}`, which Auth0 does not list"
        ": " "run this cell again to wait longer, or look for the job's users with users_by_email";
}

sentences! {
    Export export_links_ended(job: &str);
        "cannot export the users: the links to the file of job {job} had ended when they were followed (each is good for 60 s)"
        ": " "run this cell again";
    Export export_failed(job: &str);
        "cannot export the users: job {job} failed in the tenant, and Auth0 gives no reason"
        ": " "run this cell again";
    Export export_running(job: &str, limit: Duration) let limit = limit.as_secs();
        "cannot export the users: job {job} had not ended after {limit} s"
        ": " "run this cell again with a longer limit";
    Export export_file_refused(status: reqwest::StatusCode);
        "cannot export the users: its file was answered with {status}"
        ": " "run this cell again";
    /// What is wrong with the packed file.
    Export export_packed_badly(fault: &str);
        "cannot export the users: {fault}"
        ": " "run this cell again";
    Export export_of_many_values(job: &str, line: usize, most: usize, in_all: usize)
        let most = grouped(most), in_all = grouped(in_all);
        "cannot export the users: up to line {line} of the file there may be over {most} values in one user, or over {in_all} in all, the most that are kept in memory"
        ": " "fetch the file of job {job} otherwise, and read it with read_ndjson, one user at a time";
    Export export_of_many_users(job: &str, most: usize) let most = grouped(most);
        "cannot export the users: there are over {most} users, the most that are kept in memory"
        ": " "fetch the file of job {job} otherwise, and read it with read_ndjson, one user at a time";
    Export export_line(line: usize);
        "cannot export the users: line {line} of the file is no user";
}

impl Error {
    /// `message` is Auth0's own.
    pub(crate) fn sign_in(login: &str, refusal: SignInRefusal, message: &str) -> Error {
        let why = refusal.explanation();
        let fact = format!("`{login}` could not sign in: {why}; Auth0 says: {message}");
        Error::new(ErrorKind::SignIn, fact).with(Detail::SignIn(refusal))
    }
}
