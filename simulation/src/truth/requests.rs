//! What was asked of the tenant: how often, how soon, and what was sent twice.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::life::Played;
use crate::plan::{Does, Other, Plan};
use crate::tenant::Asked;
use crate::truth::is_undisturbed;

/// For so long an import bears that nothing is answered.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn faults(plan: &Plan, played: &Played) -> Vec<String> {
    let mut faults = played.line.play().wrong.clone();
    // What one call of a process was told, the next one does not know.
    if !plan.one_process {
        faults.extend(asked_too_soon(played));
    }
    faults.extend(stopped_without_need(plan, played));
    faults.extend(stopped_too_soon(plan, played));
    faults.extend(too_many_requests(plan, played));
    faults.extend(sent_again_late(plan, played));
    faults.extend(sent_again_at_once(played));
    faults.extend(sent_too_often(played));
    faults.extend(too_slow(plan, played));
    faults
}

/// What goes wrong on the way stops an import only when it has gone on for two minutes.
fn stopped_too_soon(plan: &Plan, played: &Played) -> Option<String> {
    let play = played.line.play();
    let passes = [
        "could not complete",
        "no answer to",
        "the tenant itself failed",
    ];
    let mut stopped = played.gave_up.iter().filter(|(_, _, why)| {
        // Whom a look-up had found good before is sent first.
        let is_of_a_look_up = plan.import.looks_up && why.contains("users-by-email");
        why.starts_with("the import stopped: ")
            && passes.iter().any(|words| why.contains(words))
            && !is_of_a_look_up
    });
    let soon = stopped.find(|(process, at, _)| {
        // After a 401 nothing can be done before a token is given.
        let mut heard = play
            .asked
            .iter()
            .filter(|asked| asked.process == *process && asked.is_told && asked.answered != "401");
        let last = heard.next_back().map(|asked| asked.at);
        last.is_some_and(|last| *at < last + PATIENCE)
    });
    soon.map(|(_, at, why)| format!("stopped too soon, at {at:?}: {why}"))
}

/// More requests in a second than the import and its removal may send. A removal is faster where the answer before told that
/// the tenant has room.
fn too_many_requests(plan: &Plan, played: &Played) -> Option<String> {
    let removes_since = played.removes_since.unwrap_or(Duration::MAX);
    // A job alone has no rate, but its removal has the free plan's.
    let (per_second, since) = match plan.alone {
        true if plan.cleans_up => return None,
        true => (2.0, removes_since),
        false => (plan.import.per_second, Duration::ZERO),
    };
    let at_once = (per_second as usize).max(1);
    let window = Duration::from_secs_f64((1.0 / per_second).max(1.0));
    let play = played.line.play();
    let counts = |asked: &&Asked| !asked.line.ends_with("/oauth/token") && asked.at >= since;
    let asked: Vec<&Asked> = play.asked.iter().filter(counts).collect();
    let mut close = (at_once..asked.len()).filter(|nth| {
        let (first, before, last) = (asked[nth - at_once], asked[nth - 1], asked[*nth]);
        first.process == last.process
            && !last.line.contains("/connections")
            && last.at - first.at + Duration::from_millis(1) < window
            && !(last.at >= removes_since && before.has_room)
    });
    close.next().map(|nth| {
        format!(
            "{} requests from {:?} to {:?}, but only {} a second are allowed",
            at_once + 1,
            asked[nth - at_once].at,
            asked[nth].at,
            per_second
        )
    })
}

/// An upsert that was taken, and is sent again when its users may have changed since.
fn sent_again_late(plan: &Plan, played: &Played) -> Option<String> {
    if !plan.import.upsert {
        return None;
    }
    // A machine whose clock was set back does not know how long ago it was.
    let back = plan.ends.iter().map(|end| (-end.clock_set).max(0));
    let back: i64 = back.sum();
    let long = Duration::from_secs(6 * 3_600 + back.unsigned_abs());
    let play = played.line.play();
    let mut taken: BTreeMap<&[usize], Duration> = BTreeMap::new();
    for asked in play.asked.iter().filter(|asked| !asked.rows.is_empty()) {
        let last = taken.get(asked.rows.as_slice());
        if last.is_some_and(|last| asked.at > *last + long) {
            let rows = &asked.rows;
            return Some(format!(
                "rows {rows:?} were upserted again at {:?}",
                asked.at
            ));
        }
        if asked.is_taken {
            taken.insert(&asked.rows, asked.at);
        }
    }
    None
}

/// The least wait before a request is sent again that was lost or that the tenant failed at, and the most.
const BACK_OFF: (f64, f64) = (0.18, 10.0);

/// What was lost is sent again later, and each time later.
fn sent_again_at_once(played: &Played) -> Option<String> {
    let play = played.line.play();
    let fails = |asked: &Asked| {
        asked.answered.starts_with('5')
            || ["no answer", "half an answer"].contains(&asked.answered.as_str())
    };
    // A limit on tokens lets the waits begin anew.
    let is_of_uploads = |asked: &&Asked| {
        let is_limit = asked.line.ends_with("/oauth/token") && asked.answered == "429";
        asked.line.ends_with("/users-imports") || is_limit
    };
    let uploads: Vec<&Asked> = play.asked.iter().filter(is_of_uploads).collect();
    let mut in_a_row = 0;
    for pair in uploads.windows(2) {
        let (first, next) = (pair[0], pair[1]);
        let is_same = first.rows == next.rows && !next.rows.is_empty();
        let is_again = first.process == next.process && is_same && fails(first);
        // After a limit on tokens it begins anew.
        let is_long_ago = next.at > first.at + Duration::from_secs(60);
        in_a_row = if is_again && !is_long_ago {
            in_a_row + 1
        } else {
            0
        };
        let least = (BACK_OFF.0 * 2_f64.powi(in_a_row - 1)).min(BACK_OFF.1);
        if is_again && next.at < first.at + Duration::from_secs_f64(least) {
            return Some(format!(
                "rows {:?} were sent again at {:?}, too soon after {:?}",
                next.rows, next.at, first.at
            ));
        }
    }
    None
}

/// A file whose jobs end without a word is sent three times, and once more by each process that did not know of an upload.
fn sent_too_often(played: &Played) -> Option<String> {
    let play = played.line.play();
    let mut taken: BTreeMap<&[usize], usize> = BTreeMap::new();
    for asked in play.asked.iter().filter(|asked| asked.heard) {
        *taken.entry(&asked.rows).or_default() += 1;
    }
    let most = 3 + played.took.len();
    let often = taken.into_iter().find(|(_, times)| *times > most);
    often.map(|(rows, times)| format!("rows {rows:?} were taken {times} times"))
}

/// A process that takes longer than what it waits for.
fn too_slow(plan: &Plan, played: &Played) -> Option<String> {
    let play = played.line.play();
    let files = play.asked.iter().map(|asked| asked.rows.len());
    let (rows, longest) = files.fold((0, 0), |(all, most), rows| (all + rows, most.max(rows)));
    // Each slot is filled when it is free.
    let each = rows as f64 / plan.import.slots as f64 + longest as f64;
    let work = each.min(rows as f64) / plan.tenant.job_speed;
    let requests = play.asked.len() as f64;
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

/// A request that came before the time that a limit gave.
fn asked_too_soon(played: &Played) -> Option<String> {
    let play = played.line.play();
    let pairs = play.asked.iter().zip(play.asked.iter().skip(1));
    let mut soon = pairs.filter(|(first, next)| {
        let until = first.wait.map(|wait| first.at + wait);
        first.process == next.process && until.is_some_and(|until| next.at < until)
    });
    soon.next().map(|(first, next)| {
        format!(
            "a request came at {:?}, though the answer at {:?} said to wait {:?}",
            next.at,
            first.at,
            first.wait.unwrap_or_default()
        )
    })
}

/// A limit, a report that is gone and a token that has ended are nothing that an import stops for. A token that ends as soon as it was given is another
/// thing.
fn stopped_without_need(plan: &Plan, played: &Played) -> Option<String> {
    let ends_tokens = |other: &&Other| matches!(other.does, Does::Sets("token-expires", ..));
    let is_once = plan.others.iter().filter(ends_tokens).count() < 2;
    let stops = |line: &&String| {
        let for_a_limit = line.contains("the import stopped: the rate limit");
        // Who is named by no report is looked up.
        let for_a_report = line.contains("stopped: ") && line.contains("/errors (404): Refused");
        line.starts_with("ended: ")
            && (for_a_limit || for_a_report || is_once && line.contains("(401"))
    };
    played.said.iter().find(stops).cloned()
}
