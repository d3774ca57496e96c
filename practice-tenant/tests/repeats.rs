//! The same seed and the same requests at the same moments are answered with the same bytes.

use std::time::Duration;

use practice_tenant::{Answer, Fate, Keys, Moment, Request, Setup, World, answer};
use proptest::prelude::*;
use serde_json::{Value, json};

const BEGAN: Moment = Moment(1_764_246_000_000_000);
const DATABASE: &str = "con_Practice00000001";

struct Tenant {
    world: World,
    token: String,
    secrets: Vec<(String, String)>,
}

impl Tenant {
    fn new(setup: Setup, key: u8) -> Tenant {
        let keys = Keys::drawn(|count| vec![key; count]);
        let mut world = World::new("http://127.0.0.1:80", setup, keys, BEGAN).unwrap();
        let lines = world.env_lines();
        let secrets = lines.lines().filter_map(|line| line.split_once('='));
        let secrets = secrets.map(|(name, value)| (name.to_string(), value.to_string()));
        Tenant {
            token: world.token(),
            secrets: secrets.collect(),
            world,
        }
    }

    fn secret(&self, name: &str) -> &str {
        let mut secrets = self.secrets.iter();
        &secrets.find(|(secret, _)| secret == name).unwrap().1
    }

    fn ask(&mut self, micros: u64, method: &str, path: &str, body: Option<(&str, &str)>) -> Answer {
        let mut headers = vec![(
            "authorization".to_string(),
            format!("Bearer {}", self.token),
        )];
        if let Some((kind, _)) = body {
            headers.push(("content-type".to_string(), kind.to_string()));
        }
        let request = Request {
            method: method.to_string(),
            path: path.to_string(),
            headers,
            body: body.map_or_else(Vec::new, |(_, body)| body.as_bytes().to_vec()),
        };
        answer(&mut self.world, Moment(BEGAN.0 + micros), &request)
    }

    fn upload(&mut self, micros: u64, rows: &Value) -> Answer {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = part("users", &rows.to_string()) + &part("connection_id", DATABASE) + "--b--";
        let kind = "multipart/form-data; boundary=b";
        self.ask(
            micros,
            "POST",
            "/api/v2/jobs/users-imports",
            Some((kind, &body)),
        )
    }
}

fn told(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

fn rows(count: usize) -> Value {
    let row = |n: usize| json!({"email": format!("u{}@uni.test", n % (count - 1)), "username": format!("u{n}")});
    (0..count).map(row).collect()
}

/// A bit of everything that draws, waits or counts.
fn story(key: u8, seed: u64) -> Vec<Answer> {
    let faults = [
        ("server-error", 0.1),
        ("latency-ms", 3.0),
        ("half-answer", 0.1),
    ];
    let faults = faults.map(|(name, number)| (name.to_string(), number));
    let setup = Setup {
        job_speed: Some(2.0),
        job_speed_from: vec![(6, 10.0)],
        rate: 3.0,
        burst: 30.0,
        seed,
        faults: faults.into(),
        ..Setup::default()
    };
    let mut tenant = Tenant::new(setup, key);
    let mut all = vec![tenant.upload(0, &rows(12)), tenant.upload(10, &rows(5))];
    let ids: Vec<Value> = all.iter().map(|job| told(job)["id"].clone()).collect();
    for step in 1..40_u64 {
        let at = step * 170_000;
        let job = ids[step as usize % 2].as_str().unwrap_or("job_x");
        let path = match step % 5 {
            0 => format!("/api/v2/jobs/{job}"),
            1 => format!("/api/v2/jobs/{job}/errors"),
            2 => "/api/v2/users?include_totals=true".to_string(),
            3 => "/api/v2/users-by-email?email=u1%40uni.test".to_string(),
            _ => "/api/v2/logs".to_string(),
        };
        all.push(tenant.ask(at, "GET", &path, None));
    }
    let user = json!({"email": "p@uni.test", "password": "pass", "connection": "Username-Password-Authentication"});
    let json = "application/json";
    all.push(tenant.ask(
        9_000_000,
        "POST",
        "/api/v2/users",
        Some((json, &user.to_string())),
    ));
    let sign_in = json!({"grant_type": "password", "username": "p@uni.test", "password": "pass",
        "client_id": tenant.secret("SIGN_IN_CLIENT_ID"), "client_secret": tenant.secret("SIGN_IN_CLIENT_SECRET")});
    all.push(tenant.ask(
        9_500_000,
        "POST",
        "/oauth/token",
        Some((json, &sign_in.to_string())),
    ));
    for at in [10_000_000, 11_000_000] {
        all.push(tenant.ask(at, "DELETE", "/api/v2/users/auth0%7Cx", None));
        all.push(tenant.ask(at, "GET", "/practice/requests", None));
        all.push(tenant.ask(at, "GET", "/practice/faults", None));
    }
    all
}

#[test]
fn the_same_requests_at_the_same_moments_are_answered_with_the_same_bytes() {
    let first = story(7, 1);
    assert_eq!(first, story(7, 1));
    assert_ne!(first, story(8, 1), "ids are drawn from the keys");
    assert_ne!(first, story(7, 2), "and faults from the seed");
    let statuses: Vec<u16> = first.iter().map(|answer| answer.status).collect();
    for status in [200, 202, 503] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    let cut = |answer: &&Answer| matches!(answer.fate, Fate::CutAfter(_));
    assert!(first.iter().any(|answer| cut(&answer)));
    assert!(
        first
            .iter()
            .any(|answer| answer.after == Duration::from_millis(3))
    );
}

proptest! {
    /// Whoever asks, and however often, changes nothing about what becomes of a job.
    #[test]
    fn jobs_go_on_whether_or_not_somebody_asks(
        looks in prop::collection::btree_set(0..8_000_000_u64, 0..12),
        speed in 1.0..50.0_f64,
        later in 1.0..50.0_f64,
    ) {
        let end = |looks: Vec<u64>| {
            let setup = Setup {
                job_speed: Some(speed),
                job_speed_from: vec![(4, later)],
                ..Setup::default()
            };
            let mut tenant = Tenant::new(setup, 1);
            tenant.upload(0, &rows(9));
            tenant.upload(100_000, &rows(7));
            for at in looks {
                tenant.world.run_to(Moment(BEGAN.0 + 100_000 + at));
            }
            tenant.world.run_to(Moment(BEGAN.0 + 30_000_000));
            let users = tenant.world.accounts();
            users.map(|user| json!(user.profile())).collect::<Vec<_>>()
        };
        prop_assert_eq!(end(looks.into_iter().collect()), end(Vec::new()));
    }
}

#[test]
fn what_is_next_is_told_and_happens_then() {
    let setup = Setup {
        job_speed: Some(10.0),
        ..Setup::default()
    };
    let mut tenant = Tenant::new(setup, 1);
    tenant.upload(
        0,
        &json!([{"email": "a@uni.test"}, {"email": "b@uni.test"}]),
    );
    for count in 0..2_u64 {
        let world = &mut tenant.world;
        assert_eq!(
            (world.accounts().count() as u64, world.jobs_running()),
            (count, 1)
        );
        let next = world.next_event(Moment(BEGAN.0 + count * 100_000)).unwrap();
        assert_eq!(next, Moment(BEGAN.0 + (count + 1) * 100_000));
        world.run_to(next);
    }
    assert_eq!(
        (tenant.world.accounts().count(), tenant.world.jobs_running()),
        (2, 0)
    );
    let user = tenant.world.accounts().next().unwrap();
    assert_eq!(user.connection(), "Username-Password-Authentication");
    assert!(!user.has_hash());
    let asked = &tenant.world.record()[0];
    assert_eq!(
        (asked.at, asked.status, asked.method.as_str()),
        (BEGAN, 202, "POST")
    );
}
