//! Opening a tenant: settings, tokens, what is let through.

use std::io;
use std::path::Path;

use crate::error::sentence::sentences;
use crate::say::listed;
use crate::words::{grouped, utc};

// The settings that name a tenant.
sentences! {
    Settings no_domain(though: &str);
        "the setting DOMAIN cannot be used: it is not set, though {though} is"
        ": " "set it to your tenant's host name, or to `practice`";
    Settings domain_in_two_places(domain_in: &str, name: &str, name_in: &str);
        "the setting DOMAIN cannot be used: it is set in {domain_in} and {name} in {name_in}, and a credential goes only to the domain that is set beside it"
        ": " "set both in one place";
    Settings unencrypted(domain: &str);
        "the setting DOMAIN cannot be used: `{domain}` would send the token unencrypted"
        ": " "write the host name alone (https is used), or http:// with 127.0.0.1 or localhost";
    Settings no_port(domain: &str, name: &str);
        "the setting DOMAIN cannot be used: `{domain}` has no port"
        ": " "write http://{name}:PORT";
    Settings no_host_name(domain: &str);
        "the setting DOMAIN cannot be used: `{domain}` is not a host name such as dev-1.us.auth0.com"
        ": " "copy it from the dashboard (Settings of an application, Domain), or write `practice`";
    Settings no_credentials(domain: &str);
        "the setting MGMT_API_ACCESS_TOKEN cannot be used: it is not set for {domain}"
        ": " "copy .env.example to .env and fill it in, or leave DOMAIN unset to use the practice tenant";
    Settings half_an_application(missing: &str, set: &str);
        "the setting {missing} cannot be used: it is not set, though {set} is"
        ": " "set both or neither";
    Settings empty_token(domain: &str);
        "the setting MGMT_API_ACCESS_TOKEN cannot be used: the token for {domain} is empty"
        ": " "paste one, or set CLIENT_ID and CLIENT_SECRET";
    Settings no_sign_in_application(domain: &str);
        "the setting SIGN_IN_CLIENT_ID cannot be used: it is not set for {domain}, and a sign-in needs an application with the Password grant"
        ": " "set it and SIGN_IN_CLIENT_SECRET where DOMAIN is set";
    /// Of a tenant that was opened without settings.
    Settings sign_in_without_settings(domain: &str);
        "no sign-in was sent: it needs an application with the Password grant, and {domain} was opened with Tenant::new, which reads no settings"
        ": " "give it one, as in tenant.with_sign_in(client_id, client_secret)";
}

// A file of settings.
sentences! {
    Settings settings_unreadable(path: &Path, cause: io::Error) let path = path.display();
        "cannot use the settings in {path}: {cause}" because cause;
    Settings settings_too_long(path: &Path, most: u64) let path = path.display(), most = grouped(most);
        "cannot use the settings in {path}: it has over {most} bytes, far more than settings take";
    Settings settings_of_every_character(path: &Path) let path = path.display();
        "cannot use the settings in {path}: it holds every character for private use";
    Settings no_setting(path: &Path, number: usize) let path = path.display();
        "cannot use the settings in {path}: setting {number} is not NAME=value";
    Settings unknown_settings(path: &Path, unknown: &[String], known: &[&str])
        let path = path.display(), unknown = listed(unknown.iter().map(String::as_str)), known = known.join(", ");
        "cannot use the settings in {path}: it sets {unknown} but none of {known}"
        ": " "check the spelling";
}

// A token that cannot work, told before anything is sent.
sentences! {
    Token no_jwt(domain: &str, parts: usize) let what = no_token_of(parts);
        "the token cannot work for {domain}: it is not a JWT ({what})"
        ": " "put the Management API access token in MGMT_API_ACCESS_TOKEN, a secret in CLIENT_SECRET";
    Token token_of_another_tenant(domain: &str, audience: &str, wanted: &str);
        "the token cannot work for {domain}: it is for another tenant ({audience})"
        ": " "set DOMAIN to that tenant, or make a token for {wanted}";
    Token id_token(domain: &str, wanted: &str);
        "the token cannot work for {domain}: it is an ID token (it tells who somebody is)"
        ": " "an access token for {wanted} is needed";
    Token token_for_another_api(domain: &str, audience: &str, wanted: &str);
        "the token cannot work for {domain}: it is for {audience}"
        ": " "an access token for {wanted} is needed";
    Token expired_token(domain: &str, at: u64) let at = utc(at);
        "the token cannot work for {domain}: it expired on {at}"
        ": " "make a new one (dashboard, Applications, APIs, Auth0 Management API, API Explorer)";
}

fn no_token_of(parts: usize) -> &'static str {
    match parts {
        1 => "it has no dots, as a client secret or an opaque token has none",
        5 => "it is encrypted (five parts)",
        _ => "it is not three base64url parts with dots between them",
    }
}

// What is not let through.
sentences! {
    MissingScope missing_scope(domain: &str, call: &str, scopes: &[&str])
        let scopes = scopes.join(" or "), known = without_a_look_up(call);
        "{call} was not sent to {domain}: the token lacks the scope {scopes}"
        "; " "add it to the application that makes the token, and make a new one{known}";
    ReadOnly read_only(domain: &str, action: &str);
        "{action} was not sent: {domain} is open read-only"
        "; " "if it is the tenant you mean to change, run `let tenant = tenant.allow_writes(\"{domain}\").or_stop();` first";
    ReadOnly other_domain(domain: &str, named: &str);
        "writes stay refused: `{named}` was named, but this tenant is {domain}"
        "; " "name that one if it is the tenant you mean to change";
}

/// What to do where connections cannot be read.
pub(super) fn without_a_look_up(call: &str) -> &'static str {
    match call {
        "GET /api/v2/connections" => {
            "; an id that you know does without, as in ConnectionId::new(\"con_…\")"
        }
        _ => "",
    }
}
