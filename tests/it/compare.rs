//! A tenant compared with the practice tenant. Practice tenants of other settings, and a stand-in, play the real one.

use std::fs;

use auth0_bulk_users::*;
use serde_json::{Value, json};

use crate::server::Practice;

const CONNECTION: &str = "Flexible-Identifiers";

/// A tenant that is taken for a real one, opened for writes.
fn open(practice: &Practice) -> Tenant {
    let tenant = practice.tenant();
    tenant.allow_writes(practice.get("DOMAIN")).unwrap()
}

fn options() -> ComparisonOptions {
    ComparisonOptions::default().connection(CONNECTION)
}

fn users(practice: &Practice) -> Value {
    let token = practice.get("MGMT_API_ACCESS_TOKEN");
    practice
        .raw("GET", "/api/v2/users?per_page=100", Some(token), None)
        .1
}

#[test]
fn a_tenant_of_the_same_kind_has_no_difference_and_nothing_stays() {
    let practice = Practice::start(&["--unmarked"]);
    let comparison =
        compare_with_practice_with(&open(&practice), &options().third_job(true)).unwrap();
    println!("{comparison}");
    assert_eq!(users(&practice), json!([]));
}
