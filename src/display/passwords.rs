//! How a recipe looks, and what a lesson on hashing measures.

use std::time::Duration;

use crate::display::show::{shown, shown_in_cell};
use crate::display::view::{NEUTRAL, Part, View};
use crate::passwords::measure::{CostTimes, HashingSpeeds};
use crate::passwords::recipe::HashRecipe;
use crate::passwords::recipe::groups::HashRecipes;
use crate::words::count;

shown!(CostTimes, HashingSpeeds);
// The `Display` of a recipe is its description in one line, and the notes.
shown_in_cell!(HashRecipe, HashRecipes);

impl HashRecipe {
    fn view(&self) -> View {
        let description = format!("{:#}", self.shown());
        let view = View::card(NEUTRAL, "hash recipe").with(Part::Code(description));
        view.notes(self.notes.clone())
    }
}

impl HashRecipes {
    fn view(&self) -> View {
        let mut view = View::card(NEUTRAL, count(self.groups.len(), "hash recipe"));
        for group in &self.groups {
            view = view.with(Part::Code(format!(
                "{:#}\n{}",
                group.recipe.shown(),
                group.verifies()
            )));
        }
        view.notes(self.left.clone())
    }
}

impl CostTimes {
    fn view(&self) -> View {
        let row = |(cost, time): &(u32, Duration)| {
            let millis = time.as_secs_f64() * 1000.0;
            (format!("cost {cost}"), millis, format!("{millis:.1} ms"))
        };
        let rows = self.times.iter().map(row).collect();
        View::card(NEUTRAL, "time of one bcrypt, by cost")
            .with(Part::Chart(["cost", "one hash takes"], rows))
    }
}

impl HashingSpeeds {
    fn view(&self) -> View {
        let row = |name: String, speed: f64| {
            let number = format!("{speed:.0} a second, {:.1} times", speed / self.one_by_one);
            (name, speed, number)
        };
        let rows = vec![
            row("one by one, one core".to_string(), self.one_by_one),
            row("six abreast, one core".to_string(), self.abreast),
            row(format!("six abreast, {} cores", self.cores), self.all_cores),
        ];
        View::card(NEUTRAL, "bcrypt hashes at cost 10").with(Part::Chart(["how", "hashes"], rows))
    }
}
