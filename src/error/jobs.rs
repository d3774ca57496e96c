//! Waiting for jobs, exports and sign-ins.

use std::time::Duration;

use crate::error::refusal::SignInRefusal;
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::grouped;

sentences! {
    Input settings_of_a_run();
        "nothing was sent: start_import_with makes one job, and some of these options (a name, slots, a rate, a limit, what happens to rows and ids) are only for a run"
        ": " "use JobOptions, or import_users";
}

// Resuming a job.
sentences! {
    Input no_job_id(given: &str);
        "`{given}` is not a job id (job_ and letters or digits)"
        ": " "the job's card and the tenant's log show the id";
    Input no_import_job(job: &str, kind: &str);
        "job {job} cannot be resumed: its type is `{kind}`, and an import job has the type `users_import`";
}

// The wait is over.
sentences! {
    OutOfTime out_of_time(limit: Duration) let limit = limit.as_secs_f64();
        "the time limit of {limit} s was reached";
    JobRunning job_running(job: &str, limit: Duration) let limit = limit.as_secs();
        "job {job} is still running in the tenant after {limit} s"
        ": " "run this cell again to wait longer";
    /// A look when there was no more time to wait.
    JobRunning job_look_unanswered(job: &str, cause: Error);
        "whether job {job} has ended is not known, since the tenant did not answer GET /api/v2/jobs/{job} within a few seconds"
        ": " "run this cell again" because cause;
    JobRunning job_of_unknown_status(job: &str, limit: Duration, status: &str) let limit = limit.as_secs();
        "job {job} had not ended after {limit} s: GET /api/v2/jobs/{job} reports the status `{status}`, which Auth0 does not document"
        ": " "run this cell again to wait longer, or look for the job's users with users_by_email";
}

sentences! {
    Export export_links_ended(job: &str);
        "cannot export the users: the links to the file of job {job} had expired when they were used (each is valid for 60 s)"
        ": " "run this cell again";
    Export export_failed(job: &str);
        "cannot export the users: job {job} failed in the tenant, and Auth0 gave no reason"
        ": " "run this cell again";
    Export export_running(job: &str, limit: Duration) let limit = limit.as_secs();
        "cannot export the users: job {job} had not ended after {limit} s"
        ": " "run this cell again with a longer limit";
    Export export_file_refused(status: reqwest::StatusCode);
        "cannot export the users: the request for the file was answered with {status}"
        ": " "run this cell again";
    /// What is wrong with the gzip file.
    Export export_packed_badly(fault: &str);
        "cannot export the users: {fault}"
        ": " "run this cell again";
    Export export_of_many_values(job: &str, line: usize, most: usize, in_all: usize)
        let most = grouped(most), in_all = grouped(in_all);
        "cannot export the users: up to line {line} of the file, one user may have over {most} values, or all users over {in_all}, which is the most that is kept in memory"
        ": " "download the file of job {job} yourself, and read it one user at a time with read_ndjson";
    Export export_of_many_users(job: &str, most: usize) let most = grouped(most);
        "cannot export the users: there are over {most} users, which is the most that is kept in memory"
        ": " "download the file of job {job} yourself, and read it one user at a time with read_ndjson";
    Export export_line(line: usize);
        "cannot export the users: line {line} of the file is not a user";
}

impl Error {
    /// `message` is Auth0's.
    pub(crate) fn sign_in(login: &str, refusal: SignInRefusal, message: &str) -> Error {
        let why = refusal.explanation();
        let fact = format!("`{login}` could not sign in: {why}; Auth0 says: {message}");
        Error::new(ErrorKind::SignIn, fact).with(Detail::SignIn(refusal))
    }
}
