//! Users: making them, reading them from files, and the size of an upload.

use std::io;
use std::path::Path;

use crate::error::problem::{Problem, SHOWN, first_of};
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::{count, grouped};

// Generated users.
sentences! {
    /// `does` says what a count of 0 does.
    Input no_count(does: &str);
        "a count of 0 {does}" ": " "ask for at least one";
    Input large_count(count: usize, most: usize) let count = grouped(count), most = grouped(most);
        "cannot generate {count} users: {most} are the most at once"
        ": " "give import_stream an iterator that makes them as they are sent";
    Input empty_prefix();
        "the prefix `` cannot be used: it is empty"
        ": " "choose a word for your test users";
    /// `taken` lists the characters beside letters and digits that can be used.
    Input prefix_character(prefix: &str, bad: char, taken: &str);
        "the prefix `{prefix}` cannot be used: usernames and e-mails cannot have the character {bad:?}"
        ": " "use letters, digits and {taken}";
    Input prefix_in_upper_case(prefix: &str) let lower = prefix.to_ascii_lowercase();
        "the prefix `{prefix}` cannot be used: Auth0 stores usernames and e-mails in lower case"
        ": " "write `{lower}`";
    Input prefix_with_dots(prefix: &str);
        "the prefix `{prefix}` cannot be used: an e-mail cannot begin with a dot or have two dots in a row";
    Input long_usernames(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its usernames would have {characters} characters, and every connection takes at most {most}"
        ": " "shorten it";
    Input long_local_parts(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its e-mails would have {characters} characters before the @, and at most {most} are allowed"
        ": " "shorten it";
    Input long_emails(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its e-mails would have {characters} characters, and at most {most} are allowed"
        ": " "shorten it or the domain";
    Input email_domain_in_upper_case(domain: &str) let lower = domain.to_ascii_lowercase();
        "the e-mail domain `{domain}` cannot be used: Auth0 stores e-mails in lower case"
        ": " "write `{lower}`";
    Input no_email_domain(domain: &str);
        "the e-mail domain `{domain}` cannot be used: it is not a full domain such as example.com (letters, digits, hyphens, and a dot before the last part)";
}

// A file of users.
sentences! {
    Source source_unopened(path: &Path, cause: io::Error) let path = path.display();
        "cannot read users from {path}: {cause}"
        ": " "relative paths begin in the notebook's folder" because cause;
    Source source_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot read users from {path}: {cause}" because cause;
    Source source_is_a_folder(path: &Path) let path = path.display();
        "cannot read users from {path}: it is a folder"
        ": " "name a file in that folder";
    Source source_is_no_file(path: &Path) let path = path.display();
        "cannot read users from {path}: it is a pipe or a device, which cannot be read twice"
        ": " "save its output to a file first";
    Source source_changed(path: &Path) let path = path.display();
        "cannot read users from {path}: it has changed since it was inspected"
        ": " "inspect it again";
    Source source_empty(path: &Path) let path = path.display();
        "cannot read users from {path}: it is empty";
    Source source_of_another_kind(path: &Path, what: &str, advice: &str) let path = path.display();
        "cannot read users from {path}: it is {what}"
        ": " "{advice}";
    Source hashes_beside(path: &Path, list: &str) let path = path.display();
        "cannot read users from {path}: `{list}` looks like a list of password hashes, apart from the list of users"
        ": " "put each hash with its user, or name the list in ReadOptions::leave_out, since no later import can add hashes";
    Source bad_delimiter(path: &Path, delimiter: char) let path = path.display();
        "cannot read users from {path}: {delimiter:?} cannot separate cells"
        ": " "use one ASCII character that is not a quote";
    Source other_heading(path: &Path, given: usize, columns: usize) let path = path.display();
        "cannot read users from {path}: the given heading has {given} columns, and the first line has {columns}"
        ": " "name each column";
    Source mapped_to_no_field(path: &Path, column: &str, field: &str) let path = path.display();
        "cannot read users from {path}: `{column}` is mapped to `{field}`, which is not a field of an import"
        ": " "map it to a field of User, to user_metadata.… or app_metadata.…, or to hash or salt";
    Source column_twice(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: its heading has `{column}` twice"
        ": " "rename one of them";
    /// Hashes that nobody mapped.
    Source hashes_unmapped(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: `{column}` looks like password hashes but is not mapped, and no later import can add them"
        ": " "map it with ReadOptions::map(\"{column}\", \"hash\"), or name it in ReadOptions::leave_out";
    /// `column` comes with its quotes.
    Source hashes_silent(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: the hashes of {column} do not say how they were made"
        ": " "find the recipe with find_recipe from a few known passwords and pass it to with_recipe, or name the column in ReadOptions::leave_out";
    Source hashes_clear(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: {column} holds passwords in clear text"
        ": " "hash them with ReadOptions::hash_clear_text(true), or name the column in ReadOptions::leave_out and set passwords with set_passwords";
    /// What is wrong with the heading.
    Source bad_heading(path: &Path, fault: &str) let path = path.display();
        "cannot read users from {path}: its heading {fault}";
    Source no_heading(path: &Path) let path = path.display();
        "cannot read users from {path}: its first line is a user, not a heading"
        ": " "add a first line with the names of the columns, or give them with ReadOptions::heading";
    /// `columns` names those that there are.
    /// `columns` tells which there are.
    Source missing_column(path: &Path, missing: &str, columns: &str) let path = path.display();
        "cannot read users from {path}: it has no column `{missing}`"
        "; " "{columns}";
    /// `fields` lists the fields that exist.
    Source missing_field(path: &Path, missing: &str, fields: &str) let path = path.display();
        "cannot read users from {path}: none of its users has the field `{missing}`, which is mapped"
        "; " "they have: {fields}";
    Source no_email_column(path: &Path, columns: &str) let path = path.display();
        "cannot read users from {path}: no column is named `email` ({columns})"
        ": " "name the column of e-mails, as in read_csv(path, &[(\"E-Mail\", \"email\")])";
    Source deep_column(path: &Path, column: &str, levels: usize, most: usize)
        let path = path.display(), levels = grouped(levels);
        "cannot read users from {path}: its column `{column}` is {levels} levels deep, and at most {most} are read"
        ": " "rename it";
    /// What is wrong with the row that begins in `line`.
    SourceRow source_row(path: &Path, line: usize, fault: &str) let path = path.display();
        "cannot read users from {path}: line {line} {fault}";
    /// The rest of the file is lost.
    Source source_torn(path: &Path, line: usize, cause: io::Error) let path = path.display();
        "cannot read users from {path}: line {line} cannot be read ({cause}), so the rest of the file is unknown" because cause;
    Source source_panicked();
        "cannot read users from the given iterator: it panicked";
}

// Users to send.
sentences! {
    NoUsers no_users();
        "there are no users" ": " "make some with generate_users first";
    TooLarge too_large(users: usize, bytes: usize, limit: usize)
        let fitting = grouped((users * limit / bytes * 19 / 20).max(1)), users = count(users, "user"), bytes = grouped(bytes), limit = grouped(limit);
        "nothing was sent: the upload of {users} has {bytes} bytes, and Auth0 takes at most {limit}"
        "; " "send about {fitting} at a time";
    TooLarge user_too_large(row: usize, email: &str, bytes: usize, limit: usize)
        let bytes = grouped(bytes), limit = grouped(limit);
        "user {row} ({email}) is too large: {bytes} bytes, and one upload has room for {limit}"
        ": " "send less of the user's data";
    TooLarge external_id_too_large(bytes: usize, limit: usize)
        let bytes = grouped(bytes), limit = grouped(limit);
        "nothing was sent: the external_id has {bytes} bytes, over half of the {limit} that an upload may have"
        "; " "use a shorter external_id";
}

impl Error {
    /// `users` is how many were checked.
    pub(crate) fn bad_rows(problems: Vec<Problem>, users: usize) -> Error {
        let more = match problems.len() > SHOWN {
            true => " (plan_import shows them all)",
            false => "",
        };
        let fact = format!(
            "nothing was sent: the check of {} found: {}{more}",
            count(users, "user"),
            first_of(&problems)
        );
        let advice = "fix them, or leave them out with ImportOptions::skip_bad_rows";
        Error::new(ErrorKind::BadRows, fact)
            .advise("; ", advice)
            .with(Detail::Problems(problems))
    }
}
