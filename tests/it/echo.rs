//! A tenant that repeats what it was sent, in every place of its answers: nothing of a secret reaches the reader.

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::process::{is_in_a_process, itself, said};
use crate::runs::{Named, TestFile, quick};
use crate::server::DATABASE;
use crate::turned::turned_time;
use crate::world::{EMAIL, LIMIT, Reply, StandIn, World, packed, recorded};

const HASH: &str = "$2b$10$k9UDAdTsPsHQuH8DQcHVjePx7dzRHErpxHpp2AVwsVY3jbNpzKa7O";
const PHC: &str = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdDEyMzQ1Ng$bm90IGEgcmVhbCBoYXNoIGF0IDE";
const SALT: &str = "c4f1-salt-0f-ada";
const KEY: &str = "the k3y of an hmac, which is long";
const TOTP: &str = "JBSWY3DPEHPK3PXP";
const PHONE: &str = "+4915112345678";
const PASSWORD: &str = "c0rrect-h0rse.battery-staple";

/// Users whose secrets are these, and what of them nobody may see.
fn users() -> (Vec<User>, Vec<String>) {
    let custom = json!({"algorithm": "hmac", "hash": {"value": PHC, "digest": "sha256", "encoding": "hex",
        "key": {"value": KEY}}, "salt": {"value": SALT}});
    let ada = User {
        password_hash: Some(HASH.to_string()),
        ..User::new(EMAIL)
    };
    let bob = User {
        custom_password_hash: Some(custom),
        mfa_factors: Some(vec![
            json!({"totp": {"secret": TOTP}}),
            json!({"phone": {"value": PHONE}}),
        ]),
        ..User::new("bob@uni.test")
    };
    let secrets = [HASH, PHC, SALT, KEY, TOTP, PHONE].map(str::to_string);
    (vec![ada, bob], secrets.to_vec())
}

/// A secret whole, cut at both ends, and in its parts.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_string(), format!("<b>{secret}</b>")];
    for cut in [20, 21, secret.len().saturating_sub(3), secret.len() / 2] {
        if (20..secret.len()).contains(&cut) {
            forms.push(secret[..cut].to_string());
            forms.push(secret[secret.len() - cut..].to_string());
        }
    }
    forms.extend(
        secret
            .split(['.', '$'])
            .filter(|part| part.len() >= 12)
            .map(str::to_string),
    );
    forms
}

/// Nothing of 20 characters of any secret is there, and no shorter secret.
fn check(shown: &str, secrets: &[String], about: &str) {
    for secret in secrets {
        for piece in secret.as_bytes().windows(secret.len().min(20)) {
            let piece = String::from_utf8_lossy(piece);
            assert!(!shown.contains(&*piece), "{about}: {piece} in {shown}");
        }
    }
}

/// All that a reader can see of a result.
fn seen<T: std::fmt::Debug + std::fmt::Display>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("{value}\n{value:?}\n"),
        Err(error) => format!("{error}\n{error:?}\n"),
    }
}

/// The workflow, and what can be seen of it.
fn shown(stand_in: &StandIn, users: &[User]) -> String {
    let (tenant, id) = (stand_in.tenant(), stand_in.connection());
    let mut shown = seen(get_connection_id(&tenant, DATABASE));
    shown += &seen(list_connections(&tenant));
    shown += &seen(find_users(&tenant, ""));
    shown += &seen(users_by_email(&tenant, EMAIL));
    shown += &seen(export_users(&tenant, &id, Duration::ZERO));
    match start_import(&tenant, &id, users) {
        Err(error) => shown += &format!("{error:?}"),
        Ok(job) => {
            shown += &format!("{job} {job:?}");
            match wait_for_job(&tenant, &job, Duration::ZERO) {
                Err(error) => shown += &format!("{error:?}"),
                Ok(finished) => {
                    shown += &format!("{finished} {finished:?}");
                    shown += &seen(job_errors(&tenant, &finished));
                    shown += &seen(plan_removal(&tenant, &finished));
                }
            }
        }
    }
    shown
        + &format!(
            "{tenant} {tenant:?} {} {:?}",
            tenant.requests(),
            tenant.requests()
        )
}

/// Puts the text in place of every text of the value, but those that the rest hangs on.
fn echo(value: &mut Value, text: &str, spared: &[&str]) {
    match value {
        Value::String(old) => *old = format!("{old} {text}"),
        Value::Array(items) => items.iter_mut().for_each(|item| echo(item, text, spared)),
        Value::Object(fields) => {
            fields.insert(format!("of {text}"), json!(text));
            let fields = fields
                .iter_mut()
                .filter(|(name, _)| !spared.contains(&name.as_str()));
            fields.for_each(|(_, value)| echo(value, text, spared));
        }
        _ => {}
    }
}

#[test]
fn a_token_that_comes_back_in_an_answer_is_not_shown() {
    let _time = turned_time();
    let (users, mut secrets) = users();
    secrets.push("{TOKEN}".to_string());
    for spared in [
        &[][..],
        &["id", "strategy", "status", "location", "connections"],
        &[
            "id",
            "name",
            "strategy",
            "status",
            "user_id",
            "email",
            "created_at",
            "connection_id",
            "location",
        ],
    ] {
        for form in ["{TOKEN}", "see {TOKEN}, or {TOKEN}.", "<i>{TOKEN}</i>"] {
            let stand_in = World::recorded()
                .changed(|_, body| echo(body, form, spared))
                .on(
                    "GET /job_4kCcxBzjmAvZzQ1f/tenant.json.gz",
                    vec![exported(form)],
                )
                .open();
            let token = stand_in.token();
            check(&shown(&stand_in, &users), &[token], form);
        }
    }
}

fn exported(form: &str) -> Reply {
    packed(&[json!({"user_id": "auth0|1", "name": form, "user_metadata": {form: [form]}})])
}

/// A text in every place of an answer that refuses.
fn refusals(form: &str) -> Vec<Reply> {
    let envelope = json!({"statusCode": 400, "error": form, "message": format!("bad {form}."), "errorCode": form});
    let other = json!({"error": form, "error_description": format!("bad {form}.")});
    let raw = |status: u16, body: String| Reply {
        body: body.into_bytes(),
        ..Reply::json(status, &json!({}))
    };
    let in_address = form.replace('$', "%24").replace('/', "%2F");
    let to = |place: String| Reply::nothing().header("location", &place).with(302);
    vec![
        Reply::json(400, &envelope),
        Reply::json(429, &json!({"message": format!("jobs of {form}")})),
        Reply::json(400, &other),
        raw(400, envelope.to_string().replace('/', "\\/")),
        raw(502, format!("<html>{form}</html>")),
        to(format!("https://evil.example/?k={form}")),
        to(format!("https://evil.example/{in_address}")),
    ]
}

#[test]
fn secrets_in_a_refusal_are_not_shown_wherever_they_stand() {
    let _time = turned_time();
    let (users, mut secrets) = users();
    secrets.push("{TOKEN}".to_string());
    for secret in &secrets {
        for form in forms(secret) {
            let replies = refusals(&form);
            let count = replies.len();
            let upload = "POST /api/v2/jobs/users-imports";
            let stand_in = World::recorded().on(upload, replies).open();
            let (tenant, id) = (stand_in.tenant(), stand_in.connection());
            let mut shown = String::new();
            for _ in 0..count {
                let error = start_import(&tenant, &id, &users).unwrap_err();
                shown += &format!("{error} {error:?}\n");
            }
            shown += &format!("{} {:?}", tenant.requests(), tenant.requests());
            let mut secrets = secrets.clone();
            secrets.push(stand_in.token());
            check(&shown, &secrets, &form);
        }
    }
}

#[test]
fn secrets_in_a_report_are_not_shown_whichever_row_they_are_told_of() {
    let _time = turned_time();
    let (users, secrets) = users();
    for secret in &secrets {
        for form in forms(secret) {
            let error = json!({"code": form, "message": format!("Error in x property - no match: {form}."), "path": form});
            let rows = json!([
                {"user": {"email": EMAIL, "user_id": form}, "errors": [error]},
                {"user": {"email": form}, "errors": [form]},
                {"user": {"email": "bob@uni.test", form.as_str(): form}, "errors": error},
            ]);
            let about_the_job =
                json!({"status": "failed", "status_details": {"row": form, form.as_str(): 1}});
            for report in [rows, about_the_job] {
                let mut ended = recorded("completed");
                ended["summary"] = json!({"failed": 2, "updated": 0, "inserted": 0, "total": 2});
                let world = World::recorded().answers("GET /api/v2/jobs/*", &ended);
                let stand_in = world.answers("GET /api/v2/jobs/*/errors", &report).open();
                let (tenant, id) = (stand_in.tenant(), stand_in.connection());
                let job = start_import(&tenant, &id, &users).unwrap();
                let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
                let mut shown = seen(job_errors(&tenant, &finished));
                shown += &format!("{job:?} {finished:?}");
                check(&shown, &secrets, &form);
            }
        }
    }
}

#[test]
fn secrets_in_the_report_of_an_import_are_not_shown() {
    let _time = turned_time();
    let (users, secrets) = users();
    let all = secrets.join(", ");
    let error =
        json!({"code": "PATTERN", "message": format!("neither of {all}"), "path": "passwordHash"});
    let rows = json!([{"user": {"email": EMAIL}, "errors": [error]}, {"user": {"email": "bob@uni.test"}, "errors": [error]}]);
    let mut ended = recorded("completed");
    ended["summary"] = json!({"failed": 2, "updated": 0, "inserted": 0, "total": 2});
    let world = World::recorded().answers("GET /api/v2/jobs/*", &ended);
    let stand_in = world.answers("GET /api/v2/jobs/*/errors", &rows).open();
    let name = Named::new("echo");
    let options = quick(&name).skip_bad_rows(true);
    let mut report_users = users;
    // What the check finds fault with is not sent.
    report_users[1].custom_password_hash = None;
    let report = import_users(
        &stand_in.tenant(),
        &stand_in.connection(),
        &report_users,
        &options,
    )
    .unwrap();
    let sheet = TestFile::new(b"");
    report.save_csv(sheet.path()).unwrap();
    let saved = std::fs::read_to_string(sheet.path()).unwrap();
    let shown = format!("{report} {report:?} {:?} {saved}", report.attention());
    assert!(shown.contains("neither of "), "{shown}");
    let sent = [HASH, TOTP, PHONE].map(str::to_string);
    check(&shown, &sent, "an import");
}

#[test]
fn advice_for_a_second_factor_names_its_form() {
    let _time = turned_time();
    let error = json!({"code": "PATTERN", "path": "mfa_factors[0].totp.secret",
        "message": format!("String does not match pattern ^[A-Z2-7]+$: {TOTP}")});
    let failed = json!({"code": "MFA_FACTORS_FAILED", "message": "Unable to import factors"});
    let rows = json!([{"user": {"email": "bob@uni.test"}, "errors": [error, failed]}]);
    let stand_in = World::recorded()
        .answers("GET /api/v2/jobs/*/errors", &rows)
        .open();
    let (tenant, id) = (stand_in.tenant(), stand_in.connection());
    let job = start_import(&tenant, &id, &users().0).unwrap();
    let finished = wait_for_job(&tenant, &job, LIMIT).unwrap();
    let errors = job_errors(&tenant, &finished).unwrap();
    for error in &errors[0].errors {
        assert!(error.advice.contains("must be base32"), "{error:?}");
    }
    assert_eq!(
        errors[0].errors[0].message,
        "String does not match pattern ^[A-Z2-7]+$: <secret>"
    );
}

#[test]
fn a_client_secret_and_a_password_that_come_back_are_not_shown() {
    let secret = "k-Jh3gT8_the.client-s3cret/of.the+stand-in";
    if is_in_a_process() {
        let tenant = match Tenant::from_env() {
            Ok(tenant) => tenant,
            Err(error) => return println!("\n{error} {error:?}"),
        };
        let refused = verify_sign_in(&tenant, DATABASE, EMAIL, PASSWORD).unwrap_err();
        println!(
            "\n{refused} {refused:?} {} {:?}",
            tenant.requests(),
            tenant.requests()
        );
        return;
    }
    let name = "echo::a_client_secret_and_a_password_that_come_back_are_not_shown";
    let in_a_process = |stand_in: &StandIn| {
        said(itself(name).envs([
            ("DOMAIN", stand_in.base.as_str()),
            ("CLIENT_ID", "an-id"),
            ("CLIENT_SECRET", secret),
            ("SIGN_IN_CLIENT_ID", "id"),
            ("SIGN_IN_CLIENT_SECRET", &secret[3..]),
        ]))
    };
    for text in [secret, &secret[..25], PASSWORD, &PASSWORD[3..]] {
        let refusal = |status: u16| {
            let body = json!({"error": format!("no {text}"), "error_description": format!("not {text}, no"), text: text});
            Reply::json(status, &body).header("location", &format!("/{text}"))
        };
        let token = Reply::json(200, &recorded("token"));
        let exchange = (vec![refusal(401)], vec![secret.to_string()]);
        let both = vec![secret.to_string(), PASSWORD.to_string()];
        let sign_in = (vec![token.clone(), refusal(403)], both.clone());
        let moved = (vec![token, refusal(302)], both);
        for (replies, sent) in [exchange, sign_in, moved] {
            let stand_in = World::recorded().on("POST /oauth/token", replies).open();
            let shown = in_a_process(&stand_in);
            let is_told = shown.contains("/oauth/token") || shown.contains("could not sign in");
            assert!(is_told, "{shown}");
            check(&shown, &sent, text);
        }
    }
}
