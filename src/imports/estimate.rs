//! When to look at a job: when it should have ended, judging by earlier jobs, and often enough in case it is different.

use std::time::Duration;

/// A job that has ended is seen to have ended within this time, or within a tenth of its age if that is longer: its
/// slot is idle until then.
const LATEST: Duration = Duration::from_secs(2);
const LATEST_SHARE: u32 = 10;
/// The first question while nothing is known of jobs, and the least time until the next.
const FIRST_QUESTION: Duration = Duration::from_millis(500);
const LEAST_GAP: Duration = Duration::from_millis(250);
/// After a job should have ended: what answers take, a little more.
const SLACK: Duration = Duration::from_millis(20);
/// A job that is only just late is looked at again this soon.
const SHORT_GAP: Duration = Duration::from_millis(50);
/// How exactly a job's length must be known. More questions are not worth it: at two requests a second, each delays the next
/// upload.
const NARROW: f64 = 0.03;
/// After this many jobs that ended on time, one is looked at earlier: jobs may have become faster.
const TAKEN_ON_TRUST: u32 = 8;

/// What is known about a running job. Its age is the time since it was accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    users: f64,
    /// The job's age when the last question was sent that was answered "not ended".
    pending: Duration,
    /// How long that answer took.
    took: Duration,
}

impl Asked {
    /// For a job that has not been looked at yet. Every job has a user.
    pub(crate) fn not_yet(users: usize) -> Asked {
        Asked {
            users: users.max(1) as f64,
            pending: Duration::ZERO,
            took: Duration::ZERO,
        }
    }

    /// A question that was sent and answered at these ages: the job had not ended.
    pub(crate) fn pending(&mut self, sent: Duration, answered: Duration) {
        self.pending = sent;
        self.took = answered.saturating_sub(sent);
    }
}

/// How long jobs take, judging by the last ones: a tenant is slow in one hour and fast in another, so old jobs say little.
pub(crate) struct Estimate {
    /// Between how many seconds for each user jobs end: pending at the first, ended at the second.
    each: Option<(f64, f64)>,
    /// Whether the last job took a different time from earlier jobs. A single one changes nothing: among jobs of a minute, one
    /// may take ten.
    doubted: bool,
    trusted: u32,
    /// The time between questions about a job whose end cannot be predicted, as short as the rate allows.
    by_rate: Duration,
}

impl Estimate {
    /// For this many jobs at once and this many requests a second.
    pub(crate) fn new(slots: usize, per_second: f64) -> Estimate {
        let by_rate = Duration::try_from_secs_f64(slots as f64 / per_second);
        Estimate {
            each: None,
            doubted: false,
            trusted: 0,
            by_rate: by_rate.unwrap_or(Duration::MAX),
        }
    }

    /// Seconds for each user: the middle between the last time a job was pending and the first it had ended.
    pub(crate) fn each(&self) -> Option<f64> {
        self.each
            .map(|(pending, ended)| f64::midpoint(pending, ended))
    }

    /// The job's age at which to look at it next.
    pub(crate) fn next(&self, job: &Asked) -> Duration {
        let age = job.pending;
        let most = LATEST.max(age / LATEST_SHARE);
        let gap = |answer: Duration| most.saturating_sub(answer).max(self.by_rate);
        let latest = age.saturating_add(gap(job.took));
        let Some(expected) = self.expected(job) else {
            let gap = match age.is_zero() {
                true => FIRST_QUESTION,
                false => (age / LATEST_SHARE).max(LEAST_GAP).max(self.by_rate),
            };
            return latest.min(age.saturating_add(gap));
        };
        if expected <= latest {
            return expected;
        }
        // The last gaps are the longest: a question shortly before the expected end would keep the next upload waiting.
        let (gap, rest) = (gap(job.took.max(SHORT_GAP)), expected - age);
        let gaps = (rest.as_secs_f64() / gap.as_secs_f64()).ceil() - 1.0;
        let first = rest.saturating_sub(gap.mul_f64(gaps));
        match age.is_zero() || first < SHORT_GAP {
            true => age + gap,
            false => age + first,
        }
    }

    /// The job's age at which it should have ended, or at which to check.
    fn expected(&self, job: &Asked) -> Option<Duration> {
        let age = job.pending;
        let (pending, ended) = ages(self.each?, job.users)?;
        let middle = (pending + ended) / 2 + SLACK;
        let fine = ended.mul_f64(NARROW);
        Some(if age < middle && ended - pending > fine {
            middle
        } else if age < ended + SLACK {
            ended + SLACK
        } else if age - ended < fine {
            age + fine.max(SHORT_GAP)
        } else {
            // Slower than the last one, and nobody knows by how much.
            age.saturating_add((age / 20).max(SHORT_GAP).max(self.by_rate))
        })
    }

    /// A job was found to have ended, at this age.
    pub(crate) fn learn(&mut self, job: &Asked, age: Duration) {
        let ended = age.saturating_sub(SLACK).as_secs_f64() / job.users;
        let pending = (job.pending.as_secs_f64() / job.users).min(ended);
        let Some((least, most)) = self.each else {
            self.each = Some((pending, ended));
            return;
        };
        if pending > most || ended < least {
            if self.doubted {
                (self.each, self.trusted) = (Some((pending, ended)), 0);
            }
            self.doubted = !self.doubted;
            return;
        }
        self.doubted = false;
        let (mut least, most) = (least.max(pending), most.min(ended));
        if most - least <= NARROW * most {
            self.trusted += 1;
        }
        if self.trusted == TAKEN_ON_TRUST {
            self.trusted = 0;
            least = (least - 1.5 * NARROW * most).max(0.0);
        }
        self.each = Some((least, most));
    }
}

/// The same for a job with so many users; `None` where that is no time.
fn ages((pending, ended): (f64, f64), users: f64) -> Option<(Duration, Duration)> {
    // A century, so that nothing added to it is too long.
    let age = |each: f64| Duration::try_from_secs_f64((each * users).min(3.2e9)).ok();
    age(pending).zip(age(ended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// A run on simulated time, in seconds: jobs of this length, two at once, two requests a second, as `imports/schedule.rs`
    /// sends them.
    struct Simulated {
        now: f64,
        /// What answers take.
        latency: f64,
        /// When each request was sent and answered.
        requests: Vec<(f64, f64)>,
        /// By how much the end of a job was seen later than it may be; what the rate held back is not counted.
        too_late: f64,
    }

    const SLOTS: usize = 2;
    const RATE: f64 = 2.0;

    struct Job {
        seconds: f64,
        since: f64,
        end: f64,
        asked: Asked,
    }

    impl Simulated {
        fn run(jobs: &[(f64, usize)], latency: f64) -> Simulated {
            let mut run = Simulated {
                now: 0.0,
                latency,
                requests: Vec::new(),
                too_late: f64::MIN,
            };
            let mut estimate = Estimate::new(SLOTS, RATE);
            let mut waiting: VecDeque<&(f64, usize)> = jobs.iter().collect();
            let mut running: Vec<Job> = Vec::new();
            loop {
                let next = waiting.pop_front_if(|_| running.len() < SLOTS);
                if let Some((seconds, users)) = next {
                    let sent = run.request();
                    running.push(Job {
                        seconds: *seconds,
                        since: run.now,
                        end: sent + seconds,
                        asked: Asked::not_yet(*users),
                    });
                    continue;
                }
                let due = |job: &Job| job.since + estimate.next(&job.asked).as_secs_f64();
                let first = (0..running.len())
                    .min_by(|a, b| due(&running[*a]).total_cmp(&due(&running[*b])));
                let Some(first) = first else { return run };
                let wanted = due(&running[first]);
                run.now = run.now.max(wanted);
                let sent = run.request();
                let job = &mut running[first];
                let age = |time: f64| Duration::from_secs_f64(time - job.since);
                if sent >= job.end {
                    let late = run.now - job.end - (sent - wanted);
                    run.too_late = run.too_late.max(late - (job.seconds / 10.0).max(2.0));
                    estimate.learn(&job.asked, age(run.now));
                    running.remove(first);
                } else {
                    let (sent, answered) = (age(sent), age(run.now));
                    job.asked.pending(sent, answered);
                }
            }
        }

        /// Sends as soon as the rate has room: by `tenant/rate.rs`, of two requests in a row one was answered a second ago.
        fn request(&mut self) -> f64 {
            if let Some((_, answered)) = self.requests.iter().rev().nth(1) {
                self.now = self.now.max(answered + 1.0);
            }
            let sent = self.now;
            self.now += self.latency;
            self.requests.push((sent, self.now));
            sent
        }

        fn each(&self, jobs: &[(f64, usize)]) -> f64 {
            self.requests.len() as f64 / jobs.len() as f64
        }

        /// Against a schedule in which each slot takes the next job the moment it is free.
        fn ratio(&self, jobs: &[(f64, usize)]) -> f64 {
            let mut free = [0.0_f64; SLOTS];
            for (seconds, _) in jobs {
                free.sort_by(f64::total_cmp);
                free[0] += seconds;
            }
            self.now / free[0].max(free[1])
        }

        fn most_in_a_second(&self) -> usize {
            let from = |at: usize| {
                let all = self.requests[at..].iter();
                all.take_while(|(sent, _)| *sent < self.requests[at].0 + 1.0)
                    .count()
            };
            (0..self.requests.len()).map(from).max().unwrap_or(0)
        }
    }

    fn with_one_of(seconds: f64, place: usize, jobs: usize, others: f64) -> Vec<(f64, usize)> {
        let mut all = vec![(others, 2_000); jobs];
        all[place].0 = seconds;
        all
    }

    proptest! {
        #[test]
        fn an_end_is_seen_in_time_whatever_came_before(
            jobs in prop::collection::vec((0.0_f64..3.0, 1_usize..6_000), 1..40),
            latency in 0.001_f64..0.4,
        ) {
            // A tenth of a second to a hundred seconds.
            let length = |(power, users): (f64, usize)| (10_f64.powf(power - 1.0), users);
            let jobs: Vec<_> = jobs.into_iter().map(length).collect();
            let run = Simulated::run(&jobs, latency);
            prop_assert!(run.too_late <= 2.0 * latency, "{} s too late", run.too_late);
            prop_assert!(run.most_in_a_second() <= 2);
        }

        #[test]
        fn no_number_is_too_great(
            lengths in prop::collection::vec((0_u64..u64::MAX, 0_usize..usize::MAX), 1..9),
            (slots, rate) in (1_usize..usize::MAX, 1e-9_f64..1e9),
        ) {
            let mut estimate = Estimate::new(slots, rate);
            for (millis, users) in lengths {
                let mut asked = Asked::not_yet(users);
                prop_assert!(estimate.next(&asked) > Duration::ZERO);
                let age = Duration::from_millis(millis);
                asked.pending(age / 2, age);
                prop_assert!(estimate.next(&asked) >= age / 2);
                estimate.learn(&asked, age);
            }
        }
    }

    #[test]
    fn jobs_of_one_length_fill_the_slots() {
        for (seconds, most_ratio, most_requests) in
            [(4.0, 1.10, 4.4), (10.0, 1.05, 7.5), (60.0, 1.03, 31.0)]
        {
            let jobs = vec![(seconds, 2_000); 25];
            let run = Simulated::run(&jobs, 0.02);
            let (ratio, each) = (run.ratio(&jobs), run.each(&jobs));
            println!("{seconds} s: ratio {ratio:.3}, {each:.1} requests for each job");
            assert!(ratio <= most_ratio, "{seconds} s: {ratio}");
            assert!(each <= most_requests, "{seconds} s: {each}");
        }
    }

    #[test]
    fn one_slow_job_does_not_stall_the_rest() {
        for place in [0, 6, 13] {
            let jobs = with_one_of(40.0, place, 20, 4.0);
            let ratio = Simulated::run(&jobs, 0.02).ratio(&jobs);
            println!("place {place}: ratio {ratio:.3}");
            assert!(ratio <= 1.15, "40 s at {place} among 4 s: {ratio}");
            let jobs = with_one_of(600.0, place, 40, 60.0);
            let ratio = Simulated::run(&jobs, 0.02).ratio(&jobs);
            println!("place {place}: ratio {ratio:.3}");
            assert!(ratio <= 1.03, "600 s at {place} among 60 s: {ratio}");
        }
    }

    #[test]
    fn another_pace_is_learned_from_two_jobs() {
        for (first, then) in [(5.0, 10.0), (10.0, 5.0), (60.0, 20.0)] {
            let mut jobs = vec![(first, 2_000); 15];
            jobs.extend(vec![(then, 2_000); 15]);
            let ratio = Simulated::run(&jobs, 0.02).ratio(&jobs);
            println!("{first} then {then}: {ratio:.3}");
            assert!(ratio <= 1.12, "{first} s, then {then} s: {ratio}");
        }
    }
}
