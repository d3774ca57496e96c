//! A picture as data: rectangles and words at their places.

/// Width of a character of the letters used, at most.
const LETTER: f64 = 6.6;
const ROW: f64 = 24.0;

/// A picture: its size, and what is drawn in it, one shape over the other.
pub(crate) struct Svg {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
}

pub(crate) enum Shape {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        fill: &'static str,
    },
    Text {
        x: f64,
        y: f64,
        /// `start`, `middle` or `end`.
        anchor: &'static str,
        words: String,
    },
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64) -> Svg {
        Svg {
            width,
            height,
            shapes: Vec::new(),
        }
    }

    pub(crate) fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, fill: &'static str) {
        self.shapes.push(Shape::Rect {
            x,
            y,
            width: width.max(1.0),
            height,
            fill,
        });
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: &'static str, words: impl Into<String>) {
        self.shapes.push(Shape::Text {
            x,
            y,
            anchor,
            words: words.into(),
        });
    }
}

/// Room that words take, with a little on both sides.
pub(crate) fn width_of(words: &str) -> f64 {
    words.chars().count() as f64 * LETTER + 12.0
}

/// Bars that lie, each with its name before it and its number behind.
pub(crate) fn bars(rows: &[(String, f64, String)], colour: &'static str) -> Svg {
    let most = |of: fn(&(String, f64, String)) -> f64| rows.iter().map(of).fold(0.0, f64::max);
    let (names, numbers) = (most(|row| width_of(&row.0)), most(|row| width_of(&row.2)));
    let (room, longest) = (320.0, most(|row| row.1).max(f64::MIN_POSITIVE));
    let mut svg = Svg::new(names + room + numbers, ROW * rows.len() as f64 + 12.0);
    for (index, (name, value, number)) in rows.iter().enumerate() {
        let top = 6.0 + ROW * index as f64;
        let length = value / longest * room;
        svg.text(names - 8.0, top + 16.0, "end", name);
        svg.rect(names, top + 4.0, length, ROW - 8.0, colour);
        svg.text(names + length + 8.0, top + 16.0, "start", number);
    }
    svg
}
