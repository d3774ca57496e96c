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
