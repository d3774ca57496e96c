//! The probes: a table. `script.rs` asks them, one after the other.

/// What is looked at in one answer.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What is sent, or which part of an answer it is.
    pub(crate) request: &'static str,
    /// The row of docs/how-the-import-job-behaves.md that a tenant's answer makes recorded, in its words.
    pub(crate) settles: &'static str,
    /// What the practice tenant is to answer: the status and the code, or the word that says most.
    pub(crate) practice: &'static str,
}

macro_rules! rows {
    ($($name:literal, $request:literal, $settles:literal, $practice:literal;)+) => {
        /// In the order in which they are reported.
        pub(crate) const PROBES: &[Row] = &[$(Row {
            name: $name, request: $request, settles: $settles, practice: $practice,
        }),+];
    };
}

rows! {
    "connection-unknown", "an upload for con_ and 16 zeros", "`errorCode` of most refused uploads", "400 inexistent_connection";
    "connection-malformed", "an upload for an id of another form", "`errorCode` of most refused uploads", "400 invalid_body";
    "file-empty", "an upload of a file without a byte", "`errorCode` of most refused uploads", "400 invalid_body";
    "job-unknown", "GET /jobs/{id} of a job that never was", "The body for a job that is not known", "404 inexistent_job";
    "job-unknown-report", "GET /jobs/{id}/errors of that job", "The body for a job that is not known", "404 inexistent_job";
    "search-long", "GET /users with 9,000 characters of `q`", "How long a search may be before it is answered 414", "200";
    "accepted", "an upload of three users", "The upload is answered 202 before its JSON is looked at", "202 pending";
    "job-at-once", "GET /jobs/{id} right after the 202", "Whether a job is known right after its 202", "200";
    "job-pending", "the first answer that says pending", "`percentage_done` and `time_left_seconds` are in the schema", "200 pending";
    "job-words", "each status of the job but `pending`", "`status` is `pending`, `completed` or `failed`", "completed";
    "job-completed", "the answer that says how it ended", "`percentage_done` and `time_left_seconds` are in the schema", "200 completed";
    "report-of-none", "GET /jobs/{id}/errors of a job without a refused row", "no row was refused, or the job failed as a whole", "204";
    "search-first", "GET /users right after the job's end", "How long search stays behind", "seen";
    "user", "GET /users/{id} of a user who came in", "What Auth0 fills in", "200";
    "user-by-email", "GET /users-by-email", "What Auth0 fills in", "200";
    "rows-ended", "how a job of rows that are wrong ended", "**Completed is not success.**", "200 completed";
    "rows-report", "GET /jobs/{id}/errors of that job: in which form it comes", "`GET /jobs/{id}/errors` answers in three shapes", "200";
    "row-bad-email", "a row whose e-mail is none", "A bad e-mail has the code `INVALID_FORMAT`", "INVALID_FORMAT";
    "row-no-email", "a row without an e-mail", "A bad e-mail has the code `INVALID_FORMAT`", "OBJECT_MISSING_REQUIRED_PROPERTY";
    "row-unknown-field", "a row with a field that is not in the schema", "A bad e-mail has the code `INVALID_FORMAT`", "OBJECT_ADDITIONAL_PROPERTIES";
    "row-wrong-type", "a row whose email_verified is a text", "A bad e-mail has the code `INVALID_FORMAT`", "INVALID_TYPE";
    "row-bad-hash", "a row with a $2y$ hash as password_hash", "`password_hash` must match", "PATTERN";
    "row-two-hashes", "a row with both kinds of hash", "Both kinds of hash in one row", "NOT_PASSED";
    "row-dotted-key", "a row with the key `a.b` in user_metadata", "A metadata key with `.` or `$` in an import", "NOT_PASSED";
    "row-forbidden-key", "a row with the key `email` in app_metadata", "18 keys may not stand in `app_metadata`", "NOT_PASSED";
    "row-long-username", "a row whose username has 129 characters", "The code for a username that is too long, or has other characters", "MAX_LENGTH";
    "row-odd-username", "a row whose username has a blank", "The code for a username that is too long, or has other characters", "INVALID_FORMAT";
    "row-large", "a row of over 10 KB", "How large the allowance for profiles over 10 KB is", "taken";
    "row-twin", "a row with the e-mail of the row before", "Twice in one file", "DUPLICATED_USER";
    "row-again", "a user who is there, without upsert", "Who is there already", "DUPLICATED_USER";
    "row-username-taken", "another e-mail, the username of a user who is there", "Who is there already", "DUPLICATED_USER";
    "row-id-taken", "another e-mail, the user_id of a user who is there", "Who is there already", "DUPLICATED_USER";
    "upsert-ended", "how a job with upsert ended", "An upsert matches by e-mail", "200 completed";
    "upsert-same", "a user who is there, with upsert", "An upsert matches by e-mail", "taken";
    "upsert-other-id", "the same with another user_id than the stored one", "What an upsert does with a user id that differs from the stored one", "taken";
    "upsert-stored-id", "GET /users/{id} of the stored id afterwards", "What an upsert does with a user id that differs from the stored one", "200";
    "upsert-sent-id", "GET /users/{id} of the sent id afterwards", "What an upsert does with a user id that differs from the stored one", "404 inexistent_user";
    "upsert-hash", "a custom_password_hash for a user without one, with upsert", "A second `custom_password_hash` for a user without one", "CONFLICT";
    "no-json-ended", "how a job ended with a file that is not JSON", "A failed job has no `summary` and says no reason", "200 failed";
    "no-json-report", "GET /jobs/{id}/errors of that job", "A failed job has no `summary` and says no reason", "204";
    "third-job", "an upload while two jobs run", "Three kinds of 429", "429";
    "delete-nobody", "DELETE /users/{id} of a user who never was", "Deleting who is gone is 204", "204";
    "delete", "DELETE /users/{id} of a user who is there", "Deleting who is gone is 204", "204";
    "delete-again", "the same once more", "Deleting who is gone is 204", "204";
    "user-gone", "GET /users/{id} of that user", "Deleting who is gone is 204", "404 inexistent_user";
    "limits", "the headers about limits of all answers", "`x-ratelimit-limit`, `-remaining` and `-reset`", "x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset";
}

/// The probe that is only sent on request.
pub(crate) const THIRD_JOB: &str = "third-job";
