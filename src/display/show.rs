//! What has a `view` is shown: as a cell's result, and by `Display`.

use crate::display::html::html;
use crate::display::text::text;
use crate::display::view::View;
use crate::say;

/// Prints a cell's result.
pub(crate) fn show(view: &View) {
    say::show(&html(view), &text(view));
}

/// For types whose `Display` is the text of their view.
macro_rules! shown {
    ($($name:ty),+) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::say::harmless(&$crate::display::text::text(&self.view())))
            }
        }
    )+ $crate::display::show::shown_in_cell!($($name),+); };
}
pub(crate) use shown;

/// For types whose `Display` is something else.
macro_rules! shown_in_cell {
    ($($name:ty),+) => {$(
        impl $name {
            /// Shows the value as a cell's result; the kernel calls it.
            pub fn evcxr_display(&self) {
                $crate::display::show::show(&self.view());
            }
        }
    )+};
}
pub(crate) use shown_in_cell;

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::display::svg::Svg;
    use crate::display::view::{BAD, Bar, Entry, Exchange, GOOD, LONGEST_CELL, NEUTRAL, Part};
    use crate::say::{harmless, one_line};

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |cells: &&[&str]| cells.iter().map(|cell| (*cell).to_string()).collect();
        cells.iter().map(row).collect()
    }

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows = rows(&[
            &["7", "a", "2.8 ms", "1 of 5 people"],
            &["…", "…", "…", "…"],
            &["1234", "5", "176.8 ms", "3 of 4 people"],
        ]);
        let view = View::default().table(&["row", "name", "time", "who"], rows);
        let html = html(&view);
        assert_eq!(html.matches("align=\"right\"").count(), 2 * 4, "{html}");
        let text = text(&view);
        let line = "│    7 │ a    │   2.8 ms │ 1 of 5 people │";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn a_long_value_is_cut_and_the_rest_is_there_on_hover() {
        let long = format!("\"<{}", "é".repeat(LONGEST_CELL));
        let view = View::default().table(&["value"], rows(&[&[&long]]));
        let html = html(&view);
        let hover = format!("title=\"&quot;&lt;{}\"", "é".repeat(LONGEST_CELL));
        assert!(html.contains(&hover), "{html}");
        assert!(html.contains("éé…</td>"), "{html}");
        assert!(text(&view).contains('…'));
    }

    #[test]
    fn an_entry_keeps_to_its_lines_whatever_it_is_told() {
        let line = |text: &str| ("reason".to_string(), text.to_string());
        let entry = Entry {
            place: "row 1".to_string(),
            title: "a@uni.test\nrow 2: b".to_string(),
            lines: vec![line("one\ntwo"), line(&"é".repeat(LONGEST_CELL + 1))],
        };
        let text = text(&View::default().with(Part::Entries(vec![entry])));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [r"row 1: a@uni.test\nrow 2: b", r"   reason: one\ntwo"]
        );
        assert!(lines.len() == 3 && lines[2].ends_with("é…"), "{text}");
    }

    #[test]
    fn a_bar_says_its_counts_in_words_and_by_name() {
        let counts = vec![("inserted", 3, GOOD), ("failed", 1, BAD)];
        let view = View::default().with(Part::Bar(Bar { counts, total: 4 }));
        let html = html(&view);
        assert!(html.contains("aria-label=\"3 inserted, 1 failed of 4\""));
        assert_eq!(read(&html).words, " 3 inserted,  1 failed of 4");
        assert_eq!(text(&view), "3 inserted, 1 failed of 4");
    }

    #[test]
    fn a_view_of_nothing_but_a_title_is_that_title() {
        let view = View::titled("nobody").table(&["name"], Vec::new());
        assert_eq!(
            (text(&view).as_str(), read(&html(&view)).words.as_str()),
            ("nobody", "nobody")
        );
    }

    /// What a browser reads of a piece of html.
    #[derive(Default)]
    struct Page {
        tags: Vec<String>,
        /// Names of attributes, and their values.
        attributes: Vec<(String, String)>,
        words: String,
    }

    fn unescaped(text: &str) -> String {
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
    }

    fn read(html: &str) -> Page {
        let mut page = Page::default();
        let mut rest = html;
        while let Some((before, after)) = rest.split_once('<') {
            page.words += &unescaped(before);
            let end = after.find([' ', '>']).expect("the end of a tag's name");
            page.tags
                .push(after[..end].trim_start_matches('/').to_string());
            rest = &after[end..];
            while !rest.trim_start_matches('/').starts_with('>') {
                let (name, value) = rest.split_once("=\"").expect("an attribute");
                let (value, after) = value.split_once('"').expect("its end");
                let attribute = (name.trim().to_string(), unescaped(value));
                page.attributes.push(attribute);
                rest = after;
            }
            rest = &rest.trim_start_matches('/')[1..];
        }
        page.words += &unescaped(rest);
        page
    }

    /// A view of all there is, with these texts at every place where a text of others can stand.
    fn view_of(texts: &[String]) -> View {
        let at = |index: usize| texts[index % texts.len()].clone();
        let mut svg = Svg::new(40.0, 20.0);
        svg.text(1.0, 1.0, "start", at(0));
        View::card(NEUTRAL, at(0))
            .tail(at(1))
            .facts(vec![("fact", at(2))])
            .notes([at(3)])
            .with(Part::Code(at(4)))
            .with(Part::Chart(["name", "number"], vec![(at(5), 1.0, at(6))]))
            .with(Part::Heading(at(7)))
            .table(&["one", "two"], vec![vec![at(8), at(9)]])
            .with(Part::Entries(vec![Entry {
                place: at(10),
                title: at(11),
                lines: vec![(at(12), at(13))],
            }]))
            .with(Part::Exchanges(vec![Exchange {
                number: 1,
                title: at(14),
                outcome: at(15),
                bodies: vec![("sent", at(16))],
                curl: at(17),
                folded: at(17).len() % 2 == 0,
            }]))
            .with(Part::Picture(svg, at(18)))
    }

    /// Everything that the renderers write of their own.
    const TAGS: [&str; 14] = [
        "div", "b", "span", "pre", "code", "img", "details", "summary", "table", "thead", "tbody",
        "tr", "th", "td",
    ];
    const SVG: [&str; 11] = [
        "xmlns",
        "width",
        "height",
        "viewBox",
        "rx",
        "fill",
        "x",
        "y",
        "text-anchor",
        "font-size",
        "font-family",
    ];
    const ATTRIBUTES: [&str; 6] = ["class", "style", "align", "title", "alt", "src"];

    proptest! {
        #[test]
        fn no_text_makes_a_tag_an_attribute_or_an_order(
            texts in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![
                    Just("<script>".to_string()), Just("\" onerror=\"x".to_string()), Just("'>".to_string()), Just("&lt;i&gt;".to_string()),
                    Just("</div><i x=\"1\">".to_string()), Just("\nEVCXR_BEGIN_CONTENT".to_string()), "\\PC{0,4}", ".{0,4}",
                ], 0..5).prop_map(|parts| parts.concat()),
                19,
            ),
        ) {
            let view = view_of(&texts);
            // As it leaves through the door.
            let (html, text) = (harmless(&html(&view)), harmless(&text(&view)));
            prop_assert!(!html.contains("EVCXR_") && !text.contains("EVCXR_"));
            let mut page = read(&html);
            let pictures = page.attributes.iter().filter_map(|(_, value)| value.strip_prefix("data:image/svg+xml;base64,"));
            let pictures: Vec<Vec<u8>> = pictures.map(|svg| STANDARD.decode(svg).expect("base64")).collect();
            prop_assert_eq!(pictures.len(), 2);
            for svg in pictures {
                let svg = read(&String::from_utf8(svg).expect("text"));
                prop_assert!(svg.tags.iter().all(|tag| ["svg", "rect", "text"].contains(&tag.as_str())), "{:?}", svg.tags);
                page.attributes.extend(svg.attributes.into_iter().filter(|(name, _)| !SVG.contains(&name.as_str())));
            }
            for tag in &page.tags {
                prop_assert!(TAGS.contains(&tag.as_str()), "<{}> in {}", tag, html);
            }
            for (name, value) in &page.attributes {
                prop_assert!(ATTRIBUTES.contains(&name.as_str()), "{} in {}", name, html);
                let is_ours = ["class", "style", "align"].contains(&name.as_str());
                prop_assert!(!is_ours || !value.contains("onerror"), "{}", value);
            }
        }

        #[test]
        fn both_renderers_show_the_same(
            texts in proptest::collection::vec("[a-z<&\"$é]{1,20}", 19),
        ) {
            let view = view_of(&texts);
            let (page, text) = (read(&html(&view)), text(&view));
            let pictures: Vec<&str> = page.attributes.iter().filter(|(name, _)| name == "alt").map(|(_, words)| words.as_str()).collect();
            let page = format!("{} {}", page.words, pictures.join(" "));
            for shown in texts.iter().map(|text| one_line(text)) {
                prop_assert!(page.contains(&shown), "{} is not in the html: {}", shown, page);
                prop_assert!(text.contains(&shown), "{} is not in the text: {}", shown, text);
            }
        }
    }
}
