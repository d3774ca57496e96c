//! Users packed into upload files under the limit.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::connections::ConnectionId;
use crate::error::{Error, Result};
use crate::jobs::options::JobOptions;
use crate::secrets::sent;
use crate::tenant::form::{Form, framing_bytes};
use crate::users::User;

/// Bytes of one whole upload request's body, file and multipart framing together. Auth0 answers 413
/// "Payload content length greater than maximum allowed: 512000" beyond it.
///
/// # Examples
///
/// ```
/// use auth0_bulk_users::*;
///
/// # let tenant = Tenant::practice()?;
/// # let connection = get_connection_id(&tenant, "Username-Password-Authentication")?;
/// let users = generate_users("docs-bytes", "uni.test", 5_000)?;
/// let plan = plan_import(&tenant, &connection, &users)?;
/// assert!(plan.uploads.len() > 1, "one upload does not hold them");
/// assert!(plan.uploads.iter().all(|bytes| *bytes <= MAX_UPLOAD_BYTES));
/// # Ok::<(), Error>(())
/// ```
pub const MAX_UPLOAD_BYTES: usize = 512_000;

/// The users as a file, which is a JSON array.
pub(crate) fn file_of(users: &[User]) -> Result<Vec<u8>> {
    if users.is_empty() {
        return Err(Error::no_users());
    }
    serde_json::to_vec(users).map_err(unserialisable)
}

fn unserialisable(cause: serde_json::Error) -> Error {
    Error::bad_answer("the users' file", &cause.to_string())
}

/// Puts a file of `users` users into the form.
pub(crate) fn upload(
    connection: &ConnectionId,
    options: &JobOptions,
    file: Vec<u8>,
    users: usize,
) -> Result<Form> {
    let bytes = MAX_UPLOAD_BYTES - room(connection, options)? + file.len();
    if bytes > MAX_UPLOAD_BYTES {
        return Err(Error::too_large(users, bytes, MAX_UPLOAD_BYTES));
    }
    Ok(Form {
        fields: fields(connection, options),
        secrets: sent::of_file(&file),
        file: Zeroizing::new(file),
    })
}

/// Bytes that a file may have. The limit is on the whole body, so an `external_id` that takes half of it is refused.
pub(crate) fn room(connection: &ConnectionId, options: &JobOptions) -> Result<usize> {
    let framing = framing_bytes(&fields(connection, options));
    if framing > MAX_UPLOAD_BYTES / 2 {
        let bytes = options.external_id.len();
        return Err(Error::external_id_too_large(bytes, MAX_UPLOAD_BYTES));
    }
    #[cfg(feature = "simulation")]
    let framing = framing + HELD_BACK.get();
    Ok(MAX_UPLOAD_BYTES - framing)
}

#[cfg(feature = "simulation")]
thread_local! {
    /// Bytes of an upload that may not be used. Set by [`holding_back`] during its call.
    static HELD_BACK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Makes the call with a lower limit for uploads, so a few users make many uploads.
#[cfg(feature = "simulation")]
pub(crate) fn holding_back<T>(bytes: usize, call: impl FnOnce() -> T) -> T {
    struct Before(usize);
    impl Drop for Before {
        fn drop(&mut self) {
            HELD_BACK.set(self.0);
        }
    }
    let _before = Before(HELD_BACK.replace(bytes));
    call()
}

/// The fields before the file, in the order of Auth0's own Go SDK.
fn fields(connection: &ConnectionId, options: &JobOptions) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("connection_id", connection.to_string()),
        ("upsert", options.upsert.to_string()),
        ("external_id", options.external_id.clone()),
        (
            "send_completion_email",
            options.send_completion_email.to_string(),
        ),
    ];
    // An empty external_id says nothing.
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

/// A single user who is over the limit.
pub(crate) struct TooLarge {
    /// The longest field.
    pub(crate) field: String,
    /// Bytes of the user.
    pub(crate) bytes: usize,
    /// Bytes there are for one.
    pub(crate) room: usize,
}

/// Bytes by which an id that is made lengthens a user, and the brackets of the file.
const ID_AND_BRACKETS: usize = 40;

/// Whether the user is too large for an upload. Only users that may be too large are serialised for this.
pub(crate) fn too_large(user: &User, connection: &ConnectionId) -> Option<TooLarge> {
    let texts = [
        &user.user_id,
        &user.name,
        &user.nickname,
        &user.given_name,
        &user.family_name,
        &user.picture,
        &user.phone_number,
    ];
    let texts = texts.into_iter().flatten().map(|text| most_bytes(text));
    let metadata = [&user.app_metadata, &user.user_metadata];
    let metadata = metadata.into_iter().flatten().map(most_bytes_of);
    let hash = user.custom_password_hash.iter().map(most_bytes_in);
    // The other fields are short, or are faults as they are.
    if texts.chain(metadata).chain(hash).sum::<usize>() < MAX_UPLOAD_BYTES / 2 {
        return None;
    }
    let room = room(connection, &JobOptions::default()).ok()? - ID_AND_BRACKETS;
    let user = serde_json::to_value(user).ok()?;
    let bytes = user.to_string().len();
    let fields = user.as_object().filter(|_| bytes > room)?;
    let (field, _) = fields
        .iter()
        .max_by_key(|(_, value)| value.to_string().len())?;
    let field = field.clone();
    Some(TooLarge { field, bytes, room })
}

/// As many bytes as a text may take in JSON, where a control character is written as six.
fn most_bytes(text: &str) -> usize {
    text.len() * 6 + 4
}

fn most_bytes_of(fields: &Map<String, Value>) -> usize {
    let field = |(name, value): (&String, &Value)| most_bytes(name) + most_bytes_in(value);
    fields.iter().map(field).sum::<usize>() + 2
}

fn most_bytes_in(value: &Value) -> usize {
    match value {
        Value::String(text) => most_bytes(text),
        Value::Array(values) => values.iter().map(|value| most_bytes_in(value) + 1).sum(),
        Value::Object(fields) => most_bytes_of(fields),
        // The longest number.
        _ => 32,
    }
}

/// A file that is full.
#[derive(Debug)]
pub(crate) struct Packed {
    /// The JSON array.
    pub(crate) file: Vec<u8>,
    /// The rows in it, in order.
    pub(crate) rows: Vec<usize>,
}

/// Packs users, in order, into as few files as that order allows. Each user is serialised once.
#[derive(Debug)]
pub(crate) struct Packer {
    room: usize,
    file: Vec<u8>,
    rows: Vec<usize>,
}

impl Packer {
    pub(crate) fn new(connection: &ConnectionId, options: &JobOptions) -> Result<Packer> {
        Ok(Packer {
            room: room(connection, options)?,
            file: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Takes the user of `row`; returns the file before it if the user no longer fitted into that file.
    pub(crate) fn add(&mut self, row: usize, user: &User) -> Result<Option<Packed>> {
        let json = serde_json::to_vec(user).map_err(unserialisable)?;
        // A bracket or comma before the user, and the bracket that closes the file.
        if json.len() + 2 > self.room {
            return Err(Error::user_too_large(
                row,
                &user.email,
                json.len(),
                self.room - 2,
            ));
        }
        let full = self.file.len() + 1 + json.len() + 1 > self.room;
        let packed = if full { self.finish() } else { None };
        self.file
            .push(if self.rows.is_empty() { b'[' } else { b',' });
        self.file.extend_from_slice(&json);
        self.rows.push(row);
        Ok(packed)
    }

    /// What is left; `None` when nothing is.
    pub(crate) fn finish(&mut self) -> Option<Packed> {
        if self.rows.is_empty() {
            return None;
        }
        let (mut file, rows) = (
            std::mem::take(&mut self.file),
            std::mem::take(&mut self.rows),
        );
        file.push(b']');
        Some(Packed { file, rows })
    }
}
