//! How an answer to an exercise looks.

use crate::display::show::shown;
use crate::display::view::{GOOD, NEUTRAL, View, WARNING};
use crate::exercise::{Answer, Verdict};

shown!(Answer);

impl Answer {
    fn view(&self) -> View {
        match self.verdict {
            Verdict::Right => View::card(GOOD, "right"),
            Verdict::NotYet => {
                let told = format!(": {} is not the answer; look again", self.shown);
                View::card(WARNING, "not yet").tail(told)
            }
            Verdict::Missing => {
                View::card(NEUTRAL, "no answer yet").tail(": write yours in the place of ()")
            }
        }
    }
}
