//! What must be true after a plan was played, judged by the tenant and not by the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth0_bulk_users::{Attention, Outcome};
use serde_json::Value;

use crate::life::{Part, Played, secret};
use crate::plan::{Does, Hash, Other, Plan};
use crate::tenant::{Asked, BEGINNING};

/// The users of a file are looked up within that time, as a rule, so that one may come in between the look and the word.
const LOOKING_UP: Duration = Duration::from_secs(300);

/// Everything that is wrong, one sentence each.
#[must_use]
pub fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let mut faults = Vec::new();
    for part in &played.parts {
        faults.extend(counts_that_do_not_add_up(part));
        faults.extend(given_back_otherwise(plan, part));
        faults.extend(sheet_that_tells_otherwise(part));
        faults.extend(rows_told_wrongly(plan, played, part));
    }
    faults.extend(played.line.play().too_many_jobs.clone());
    faults.extend(asked_too_soon(played));
    faults.extend(stopped_without_need(plan, played));
    faults.extend(late_without_a_word(plan, played));
    faults.extend(doubled(plan, played));
    faults.extend(strangers_touched(plan, played));
    faults.extend(secrets_shown(plan, played));
    faults.extend(too_many_requests(plan, played));
    faults.extend(sent_again_late(plan, played));
    faults.extend(too_slow(plan, played));
    faults.extend(left_behind(plan, played));
    faults
}

/// Whether nothing goes wrong in it that could keep the engine from knowing.
fn is_undisturbed(plan: &Plan) -> bool {
    let faults = plan.tenant.faults.iter();
    let mut wrong = faults.filter(|(name, _)| *name != "job-progress");
    plan.troubles.is_empty()
        && plan.others.is_empty()
        && plan.ends.is_empty()
        && wrong.next().is_none()
        && plan.import.job_limit >= 7_200
        && plan.tenant.token_seconds > 3_600
        && plan.tenant.max_jobs >= plan.import.slots
        && plan.tenant.rate >= 1000.0
        && plan.tenant.burst >= 1000.0
}

/// Whether an account was made by the run: everybody else has metadata that say by whom.
fn is_ours(profile: &Value) -> bool {
    profile["app_metadata"]["by"].is_null()
}

fn row_of(profile: &Value) -> Option<usize> {
    Some(profile["user_metadata"]["row"].as_u64()? as usize)
}

/// When an account was made, from the beginning on.
fn made_at(profile: &Value) -> Duration {
    let text = profile["created_at"].as_str().unwrap_or_default();
    Duration::from_micros(micros(text).saturating_sub(BEGINNING))
}

/// A time as Auth0 writes it, in microseconds since 1970; the simulation begins on 2026-11-27 and ends within weeks.
fn micros(text: &str) -> u64 {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    let [year, month, day] = [(0, 4), (5, 7), (8, 10)].map(|(a, b)| number(a, b).unwrap_or(0_u64));
    let days_before_month = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let years = year.saturating_sub(1970);
    let leap_days = (years + 1) / 4;
    let days =
        years * 365 + leap_days + days_before_month[(month.max(1) - 1) as usize % 12] + day.max(1)
            - 1;
    let [hour, minute, second, millis] =
        [(11, 13), (14, 16), (17, 19), (20, 23)].map(|(a, b)| number(a, b).unwrap_or(0_u64));
    ((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis) * 1000
}

fn counts_that_do_not_add_up(part: &Part) -> Option<String> {
    let counts = part.report.counts();
    let sum = counts.inserted
        + counts.updated
        + counts.already_there
        + counts.failed
        + counts.unknown
        + counts.not_sent
        + counts.left_out;
    let rows: BTreeSet<usize> = part
        .report
        .attention()
        .iter()
        .map(|told| told.row)
        .collect();
    let attention = part.report.attention().len();
    let fits = sum == counts.total
        && rows.len() == attention
        && counts.not_sent == 0
        && attention as u64 == counts.already_there + counts.failed + counts.unknown
        && rows
            .iter()
            .all(|row| (1..=counts.total as usize).contains(row));
    (!fits).then(|| format!("the counts do not add up: {counts:?}, {attention} reported"))
}

/// Rows about which the report is wrong.
fn rows_told_wrongly(plan: &Plan, played: &Played, part: &Part) -> Vec<String> {
    let told: BTreeMap<usize, &Attention> = part
        .report
        .attention()
        .iter()
        .map(|told| (told.row, told))
        .collect();
    let rows = 1..=part.report.counts().total as usize;
    let wrong = rows.filter_map(|row| {
        let outcome = told.get(&row).map(|told| told.outcome);
        let why = wrong(plan, played, part, part.offset + row, outcome)?;
        let word = outcome.map_or("inserted or updated", Outcome::word);
        Some(format!(
            "row {} is reported as {word}, but {why}",
            part.offset + row
        ))
    });
    wrong.collect()
}

/// Why the report of a row cannot be true.
fn wrong(
    plan: &Plan,
    played: &Played,
    part: &Part,
    row: usize,
    outcome: Option<Outcome>,
) -> Option<&'static str> {
    let person = &plan.people[row - 1];
    let email = person.email.to_lowercase();
    let play = played.line.play();
    if play.deleted.contains(&email) {
        return None;
    }
    let with_email = || {
        played
            .found
            .iter()
            .filter(|profile| profile["email"] == *email)
    };
    let ours = || with_email().filter(|profile| is_ours(profile) && row_of(profile) == Some(row));
    let is_in = ours().any(|profile| made_at(profile) <= part.told_at);
    // While the others of its file were looked up, by an upload of which the report says that its job may be at work.
    let came_in_meanwhile = || {
        let may_change = part.report.may_change_until().is_some();
        let lately = part.told_at.saturating_sub(LOOKING_UP);
        may_change && ours().all(|profile| made_at(profile) > lately)
    };
    let is_shared = plan.connection == "Shared-Emails";
    let mut twins = plan.people.iter().enumerate();
    let has_twin =
        twins.any(|(index, other)| index + 1 != row && other.email.to_lowercase() == email);
    match outcome {
        None if plan.import.upsert => with_email().next().is_none().then_some("nobody is there"),
        None => (!is_in).then_some("none of its users are there"),
        Some(Outcome::AlreadyThere) if is_in => Some("it was inserted"),
        Some(Outcome::AlreadyThere) => {
            let was_there = play.strangers.contains(&email)
                || play.before.iter().any(|profile| profile["email"] == *email)
                || (has_twin && !is_shared);
            (!was_there).then_some("nobody ever had the e-mail")
        }
        Some(Outcome::Failed) => (is_in && !came_in_meanwhile()).then_some("it is in"),
        Some(Outcome::Unknown) => is_undisturbed(plan).then_some("nothing went wrong"),
        _ => Some("that is not an outcome"),
    }
}

fn doubled(plan: &Plan, played: &Played) -> Vec<String> {
    let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
    for profile in played.found.iter().filter(|profile| is_ours(profile)) {
        *seen.entry(row_of(profile).unwrap_or(0)).or_default() += 1;
    }
    if plan.import.upsert {
        return Vec::new();
    }
    let doubled = seen.into_iter().filter(|(_, count)| *count > 1);
    doubled
        .map(|(row, count)| format!("row {row} was imported {count} times"))
        .collect()
}

/// Users who were there before and have changed.
fn strangers_touched(plan: &Plan, played: &Played) -> Vec<String> {
    let now = played.line.play().accounts();
    let play = played.line.play();
    let rows: BTreeSet<String> = plan
        .people
        .iter()
        .map(|person| person.email.to_lowercase())
        .collect();
    let is_others = |profile: &&Value| profile["app_metadata"]["by"] == "other";
    let others_then = played.found.iter().filter(is_others);
    let mut faults = Vec::new();
    for profile in play.before.iter().chain(others_then) {
        let email = profile["email"].as_str().unwrap_or_default();
        if play.deleted.contains(email) {
            continue;
        }
        let there = now
            .iter()
            .find(|other| other["user_id"] == profile["user_id"]);
        let may_change =
            play.changed.contains(email) || (plan.import.upsert && rows.contains(email));
        match there {
            None => faults.push(format!("{email} was there before, but is gone")),
            Some(there) if there != profile && !may_change => {
                faults.push(format!("{email} was there before, but was changed"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// Secrets where they do not belong: in what is printed, and in what is written except for rows still to be sent.
fn secrets_shown(plan: &Plan, played: &Played) -> Vec<String> {
    let client_secret = played.line.play().client.1.clone();
    let mut faults = Vec::new();
    let all: Vec<(usize, String)> = plan
        .people
        .iter()
        .enumerate()
        .filter(|(_, person)| person.hash != Hash::None)
        .map(|(index, person)| (index + 1, secret(index + 1, person.hash)))
        .collect();
    for line in &played.said {
        if line.contains(&client_secret) || line.contains("eyJ") {
            faults.push(format!("a line shows a credential: {line}"));
        }
        if all.iter().any(|(_, secret)| line.contains(secret)) {
            faults.push(format!("a line shows a hash: {line}"));
        }
    }
    let told: BTreeSet<usize> = played
        .parts
        .iter()
        .flat_map(|part| {
            part.report
                .attention()
                .iter()
                .map(|told| part.offset + told.row)
        })
        .collect();
    for (path, bytes) in played.disk.files() {
        // What a stream that was cut off had left out stays, and is the next one's row too.
        let is_of_a_stream = played.parts.len() > 1 && path.ends_with("left-out.jsonl");
        let text = String::from_utf8_lossy(&bytes);
        if text.contains(&client_secret) || text.contains("eyJ") {
            faults.push(format!("{} holds a credential", path.display()));
        }
        for (row, secret) in &all {
            if text.contains(secret.as_str()) && !told.contains(row) && !is_of_a_stream {
                faults.push(format!(
                    "row {row} was imported, but its hash is still in {}",
                    path.display()
                ));
            }
        }
    }
    faults
}

/// More requests in a second than the import may send.
fn too_many_requests(plan: &Plan, played: &Played) -> Option<String> {
    let at_once = (plan.import.per_second as usize).max(1);
    let window = Duration::from_secs_f64((1.0 / plan.import.per_second).max(1.0));
    let play = played.line.play();
    let counts =
        |asked: &&Asked| !asked.line.ends_with("/oauth/token") && asked.at <= played.told_at();
    let asked: Vec<&Asked> = play.asked.iter().filter(counts).collect();
    let pairs = asked.iter().zip(asked.iter().skip(at_once));
    let mut close = pairs.filter(|(first, last)| {
        first.process == last.process
            && !last.line.contains("/connections")
            && last.at - first.at + Duration::from_millis(1) < window
    });
    close.next().map(|(first, last)| {
        format!(
            "{} requests from {:?} to {:?}, but only {} a second are allowed",
            at_once + 1,
            first.at,
            last.at,
            plan.import.per_second
        )
    })
}

/// An upsert that was taken, and is sent again when its users may have changed since.
fn sent_again_late(plan: &Plan, played: &Played) -> Option<String> {
    if !plan.import.upsert {
        return None;
    }
    let play = played.line.play();
    let mut heard: BTreeMap<Vec<u64>, Duration> = BTreeMap::new();
    for asked in play.asked.iter().filter(|asked| !asked.taken.is_empty()) {
        let rows: Vec<u64> = asked
            .taken
            .iter()
            .filter_map(|row| row["user_metadata"]["row"].as_u64())
            .collect();
        let last = heard.get(&rows).copied();
        if last.is_some_and(|last| asked.at > last + Duration::from_secs(6 * 3_600)) {
            return Some(format!(
                "rows {rows:?} were upserted again at {:?}",
                asked.at
            ));
        }
        if asked.heard {
            heard.insert(rows, asked.at);
        }
    }
    None
}

/// A process that takes longer than what it waits for.
fn too_slow(plan: &Plan, played: &Played) -> Option<String> {
    let rows = plan.people.len() as f64;
    let work = rows / plan.tenant.job_speed;
    let requests = played.line.play().asked.len() as f64;
    let pace = requests / plan.import.per_second + requests * plan.tenant.latency as f64 / 1000.0;
    let limit = match is_undisturbed(plan) {
        true => 30.0 + 1.2 * work + pace,
        // A day is the limit of an import; hours, that of what is lost.
        false => 24.0 * 3_600.0 + 700.0,
    };
    let longest = played
        .took
        .iter()
        .filter(|(_, removes)| !removes)
        .map(|(took, _)| took.as_secs_f64());
    let longest = longest.fold(0.0, f64::max);
    (longest > limit).then(|| format!("an import took {longest:.0} s, for {work:.0} s of jobs"))
}

/// Users that the run created and its removal neither deleted nor named.
fn left_behind(plan: &Plan, played: &Played) -> Vec<String> {
    let Some(left) = &played.left else {
        return Vec::new();
    };
    let now = played.line.play().accounts();
    let ours = now
        .iter()
        .filter(|profile| is_ours(profile) && made_at(profile) <= played.removed_at);
    let named = |profile: &&Value| {
        let email = profile["email"].as_str().unwrap_or_default();
        left.iter().any(|left| left.email.to_lowercase() == email)
    };
    let mut faults: Vec<String> = ours
        .clone()
        .filter(|profile| !named(profile))
        .map(|profile| {
            format!(
                "{} of the run is left, and nothing said so",
                profile["email"]
            )
        })
        .collect();
    if is_undisturbed(plan) && !plan.import.leaves_ids && !plan.import.upsert {
        faults.extend(ours.map(|profile| format!("{} of the run is left", profile["email"])));
    }
    faults
}

/// Failed rows are given back complete, to be fixed and sent again, and the folder says the same when it is read again.
fn given_back_otherwise(plan: &Plan, part: &Part) -> Vec<String> {
    let mut faults = Vec::new();
    if part.read_again != part.report.counts() {
        faults.push(format!("read again, the folder says {:?}", part.read_again));
    }
    let told = part.report.attention().iter();
    let failed: Vec<usize> = told
        .filter(|told| matches!(told.outcome, Outcome::Failed | Outcome::Unknown))
        .map(|told| part.offset + told.row)
        .collect();
    if failed.len() != part.failed.len() {
        faults.push(format!(
            "{} failed, but {} are given back",
            failed.len(),
            part.failed.len()
        ));
        return faults;
    }
    for (row, user) in failed.into_iter().zip(&part.failed) {
        let person = &plan.people[row - 1];
        let hash = match person.hash {
            Hash::None => true,
            Hash::Bcrypt => user.password_hash.as_deref() == Some(&secret(row, person.hash)),
            Hash::Custom => user.custom_password_hash.is_some(),
        };
        if user.email != person.email || !hash {
            faults.push(format!("row {row} failed, but is given back changed"));
        }
    }
    faults
}

/// The sheet has each row once, with the outcome of the report.
fn sheet_that_tells_otherwise(part: &Part) -> Option<String> {
    // A row that was left out before sending is faulty; one that the tenant refused is refused.
    let word = |told: &Attention| match told.reasons.iter().any(|why| why.code == "NOT_SENT") {
        true if told.outcome == Outcome::Failed => "faulty",
        _ => told.outcome.word(),
    };
    let attention = part.report.attention();
    let told: BTreeMap<usize, &str> = attention
        .iter()
        .map(|told| (told.row, word(told)))
        .collect();
    let mut rows = BTreeSet::new();
    for line in part.sheet.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let row: usize = fields.first().and_then(|row| row.parse().ok())?;
        let word = fields.get(3).copied().unwrap_or_default();
        let is_so = match told.get(&row) {
            Some(told) => word == *told,
            None => ["inserted", "updated", "inserted or updated"].contains(&word),
        };
        if !is_so || !rows.insert(row) {
            return Some(format!(
                "the sheet says something else about row {row}: {line}"
            ));
        }
    }
    let total = part.report.counts().total as usize;
    (rows.len() != total).then(|| format!("the sheet has {} rows of {total}", rows.len()))
}

/// A request that came before the time that a limit gave.
fn asked_too_soon(played: &Played) -> Option<String> {
    let play = played.line.play();
    let pairs = play.asked.iter().zip(play.asked.iter().skip(1));
    let mut soon = pairs.filter(|(first, next)| {
        first.waits && first.process == next.process && next.at < first.at + Duration::from_secs(7)
    });
    soon.next().map(|(first, next)| {
        format!(
            "a request came at {:?}, though the answer at {:?} said to wait 7 s",
            next.at, first.at
        )
    })
}

/// A limit and a token that has ended are nothing that an import stops for. A token that ends as soon as it was given is another
/// thing.
fn stopped_without_need(plan: &Plan, played: &Played) -> Option<String> {
    let ends_tokens = |other: &&Other| matches!(other.does, Does::Sets("token-expires", ..));
    let is_once = plan.others.iter().filter(ends_tokens).count() < 2;
    let stops = |line: &&String| {
        let for_a_limit = line.contains("the import stopped: the rate limit");
        line.starts_with("ended: ") && (for_a_limit || is_once && line.contains("(401"))
    };
    played.said.iter().find(stops).cloned()
}

/// Users of the run who were imported after its report or its removal, although nothing said that this may happen.
fn late_without_a_word(plan: &Plan, played: &Played) -> Vec<String> {
    // Times of a changed clock cannot be compared.
    if plan
        .ends
        .iter()
        .chain(plan.removal.iter().flatten())
        .any(|end| end.clock_set != 0)
    {
        return Vec::new();
    }
    let told = |part: &Part| part.report.may_change_until();
    let of_runs = played.parts.iter().filter_map(told).max();
    let until = match played.left {
        Some(_) => of_runs.max(played.until),
        None => of_runs,
    };
    let since = match played.left {
        Some(_) => played.removed_at,
        None => played.told_at(),
    };
    let late = played
        .late
        .iter()
        .filter(|profile| is_ours(profile) && made_at(profile) > since);
    let millis =
        |profile: &Value| micros(profile["created_at"].as_str().unwrap_or_default()) / 1000;
    let late = late.filter(|profile| until.is_none_or(|until| until < millis(profile)));
    late.map(|profile| format!("{} came in later, and nothing said so", profile["email"]))
        .collect()
}
