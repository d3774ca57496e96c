//! Users: how they are made, the files that they come from, and the size of an upload.

use std::io;
use std::path::Path;

use crate::error::problem::{Problem, SHOWN, first_of};
use crate::error::sentence::sentences;
use crate::error::{Detail, Error, ErrorKind};
use crate::words::{count, grouped};

// Users that are to be generated.
sentences! {
    /// `does` says what a count of 0 does.
    Input no_count(does: &str);
        "a count of 0 {does}" ": " "ask for one or more";
    Input large_count(count: usize, most: usize) let count = grouped(count), most = grouped(most);
        "{count} users are more than the {most} that are made at once"
        ": " "give import_stream an iterator, which makes them as they are sent";
    Input empty_prefix();
        "the prefix `` cannot be used: it is empty"
        ": " "write a word that your test users have in common";
    /// `taken` are the characters that are no letters or digits and can be used.
    Input prefix_character(prefix: &str, bad: char, taken: &str);
        "the prefix `{prefix}` cannot be used: the character {bad:?} cannot stand in a username and an e-mail"
        ": " "use letters, digits and {taken}";
    Input prefix_in_upper_case(prefix: &str) let lower = prefix.to_ascii_lowercase();
        "the prefix `{prefix}` cannot be used: Auth0 stores usernames and e-mails in lower case"
        ": " "write `{lower}`";
    Input prefix_with_dots(prefix: &str);
        "the prefix `{prefix}` cannot be used: an e-mail takes no dot at its beginning and no two in a row";
    Input long_usernames(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its usernames would have {characters} characters, and no connection takes more than {most}"
        ": " "shorten it";
    Input long_local_parts(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its e-mails would have {characters} characters before the @, and {most} is the most"
        ": " "shorten it";
    Input long_emails(prefix: &str, characters: usize, most: usize);
        "the prefix `{prefix}` cannot be used: its e-mails would have {characters} characters, and {most} is the most"
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
        ": " "paths begin in the working folder, which is the notebook's" because cause;
    Source source_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot read users from {path}: {cause}" because cause;
    Source source_is_a_folder(path: &Path) let path = path.display();
        "cannot read users from {path}: it is a folder"
        ": " "name a file in it";
    Source source_is_no_file(path: &Path) let path = path.display();
        "cannot read users from {path}: it is a pipe or a device, which cannot be read twice"
        ": " "save what comes out of it in a file first";
    Source source_changed(path: &Path) let path = path.display();
        "cannot read users from {path}: it has changed since it was inspected"
        ": " "inspect it again";
    Source source_empty(path: &Path) let path = path.display();
        "cannot read users from {path}: it is empty";
    Source source_of_another_kind(path: &Path, what: &str, advice: &str) let path = path.display();
        "cannot read users from {path}: it is {what}"
        ": " "{advice}";
    Source hashes_beside(path: &Path, list: &str) let path = path.display();
        "cannot read users from {path}: `{list}` holds what looks like hashes of passwords, in a list beside that of the users"
        ": " "give each user their hash, or name the list in ReadOptions::leave_out: no later import can bring them";
    Source bad_delimiter(path: &Path, delimiter: char) let path = path.display();
        "cannot read users from {path}: {delimiter:?} cannot stand between cells"
        ": " "give one character of ASCII that is no quote";
    Source other_heading(path: &Path, given: usize, columns: usize) let path = path.display();
        "cannot read users from {path}: the heading that was given has {given} columns, and its first line has {columns}"
        ": " "name each column";
    Source mapped_to_no_field(path: &Path, column: &str, field: &str) let path = path.display();
        "cannot read users from {path}: `{column}` is mapped to `{field}`, and an import has no such field"
        ": " "map it to one of User's fields, to user_metadata.… or app_metadata.…, or to hash or salt";
    Source column_twice(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: its heading has `{column}` twice"
        ": " "rename one of them";
    /// Hashes that nobody mapped.
    Source hashes_unmapped(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: `{column}` looks like hashes of passwords and goes nowhere, and no later import can bring them"
        ": " "map it with ReadOptions::map(\"{column}\", \"hash\"), or name it in ReadOptions::leave_out";
    /// `column` with its quotes.
    Source hashes_silent(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: the hashes of {column} do not say how they were made"
        ": " "find out with find_recipe from a few known passwords and give the recipe to with_recipe, or name the column in ReadOptions::leave_out";
    Source hashes_clear(path: &Path, column: &str) let path = path.display();
        "cannot read users from {path}: {column} holds passwords in clear text"
        ": " "have them hashed with ReadOptions::hash_clear_text(true), or name the column in ReadOptions::leave_out and give passwords with set_passwords";
    /// What is wrong with the heading.
    Source bad_heading(path: &Path, fault: &str) let path = path.display();
        "cannot read users from {path}: its heading {fault}";
    Source no_heading(path: &Path) let path = path.display();
        "cannot read users from {path}: its first line is a user and no heading"
        ": " "put a line above it that names the columns, or name them with ReadOptions::heading";
    /// `columns` names those that there are.
    /// `columns` tells which there are.
    Source missing_column(path: &Path, missing: &str, columns: &str) let path = path.display();
        "cannot read users from {path}: it has no column `{missing}`"
        "; " "{columns}";
    /// `fields` names those that there are.
    Source missing_field(path: &Path, missing: &str, fields: &str) let path = path.display();
        "cannot read users from {path}: none of its users has the field `{missing}`, which is mapped"
        "; " "they have: {fields}";
    Source no_email_column(path: &Path, columns: &str) let path = path.display();
        "cannot read users from {path}: no column is named `email` ({columns})"
        ": " "say which one it is, as in read_csv(path, &[(\"E-Mail\", \"email\")])";
    Source deep_column(path: &Path, column: &str, levels: usize, most: usize)
        let path = path.display(), levels = grouped(levels);
        "cannot read users from {path}: its column `{column}` leads {levels} levels in, and {most} are the most that are read"
        ": " "name it otherwise";
    /// What is wrong with one row, which begins in `line`.
    SourceRow source_row(path: &Path, line: usize, fault: &str) let path = path.display();
        "cannot read users from {path}: line {line} {fault}";
    /// The file ends in the middle, as it were.
    Source source_torn(path: &Path, line: usize, cause: io::Error) let path = path.display();
        "cannot read users from {path}: line {line} cannot be read ({cause}), so what comes after it is not known" because cause;
    Source source_panicked();
        "cannot read users from the source that was given: it panicked";
}

// Users that are to be sent.
sentences! {
    NoUsers no_users();
        "there are no users" ": " "make some with generate_users first";
    TooLarge too_large(users: usize, bytes: usize, limit: usize)
        let fitting = grouped((users * limit / bytes * 19 / 20).max(1)), users = grouped(users), bytes = grouped(bytes), limit = grouped(limit);
        "{users} users make an upload of {bytes} bytes, and Auth0 takes {limit} at most: nothing was sent"
        "; " "send about {fitting} at a time";
    TooLarge user_too_large(row: usize, email: &str, bytes: usize, limit: usize)
        let bytes = grouped(bytes), limit = grouped(limit);
        "user {row} ({email}) alone has {bytes} bytes, and an upload has room for {limit}"
        ": " "send less of the user's data";
    TooLarge external_id_too_large(bytes: usize, limit: usize)
        let bytes = grouped(bytes), limit = grouped(limit);
        "the external_id has {bytes} bytes, over half of the {limit} that an upload may have: nothing was sent"
        "; " "use a shorter one";
}

impl Error {
    /// `users` were checked.
    pub(crate) fn bad_rows(problems: Vec<Problem>, users: usize) -> Error {
        let more = match problems.len() > SHOWN {
            true => ", which plan_import shows",
            false => "",
        };
        let fact = format!(
            "nothing was sent, since the check of {} found: {}{more}",
            count(users, "user"),
            first_of(&problems)
        );
        let advice = "mend them, or leave them out with ImportOptions::skip_bad_rows";
        Error::new(ErrorKind::BadRows, fact)
            .advise("; ", advice)
            .with(Detail::Problems(problems))
    }
}
