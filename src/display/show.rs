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
    use proptest::prelude::*;

    use super::*;
    use crate::display::view::{
        Bar, Entry, Exchange, GOOD, LONGEST_CELL, LONGEST_SAID, NEUTRAL, Part, Span, Timeline,
        WARNING,
    };
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
            lines: vec![line("one\ntwo"), line(&"é".repeat(LONGEST_SAID + 1))],
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
    fn a_bar_says_its_counts_in_words_where_there_is_more_than_one() {
        let bar = |refused| Bar {
            counts: vec![("inserted", 3, GOOD), ("refused", refused, WARNING)],
            total: 3 + refused,
        };
        let view = View::titled("3 of 4 inserted").bar(bar(1));
        let shown = html(&view);
        assert!(shown.contains("aria-label=\"3 inserted, 1 refused of 4\""));
        assert!(read(&shown).words.contains("1 refused"), "{shown}");
        assert_eq!(text(&view), "3 of 4 inserted", "the headline says it");
        let alone = html(&View::titled("3 of 3 inserted").bar(bar(0)));
        assert_eq!(read(&alone).words, "3 of 3 inserted", "no 0 refused");
    }

    #[test]
    fn what_stands_between_two_backticks_is_code() {
        let shown = html(&View::titled("`a<b` and `c"));
        assert!(shown.contains("<code>a&lt;b</code> and `c"), "{shown}");
        assert_eq!(text(&View::titled("`a` b")), "`a` b");
    }

    #[test]
    fn a_column_in_which_nothing_stands_is_left_out() {
        let rows = rows(&[&["a", "", "1"], &["…", "…", "…"], &["b", "", "2"]]);
        let shown = text(&View::default().table(&["name", "gone", "number"], rows));
        assert!(
            shown.contains("number") && !shown.contains("gone"),
            "{shown}"
        );
    }

    #[test]
    fn an_error_that_is_shown_on_purpose_looks_unlike_one_that_stopped() {
        let (stopped, shown) = (View::titled("a"), View::titled("a").dashed());
        assert!(html(&stopped).contains("4px solid") && html(&shown).contains("4px dashed"));
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
    fn view_of(texts: &[String], folded: bool) -> View {
        let at = |index: usize| texts[index % texts.len()].clone();
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
                index: "[1]".to_string(),
                method: at(14),
                path: at(15),
                outcome: at(16),
                is_success: folded,
                took: at(17),
                bodies: vec![("sent", at(18))],
                curl: at(19),
                folded,
            }]))
            .with(Part::Timeline(Timeline {
                title: at(20),
                lanes: vec![vec![Span {
                    from: 0.0,
                    to: 1.0,
                    name: at(21),
                    words: at(22),
                }]],
                end: at(23),
            }))
    }

    /// Everything that the renderers write of their own.
    const TAGS: [&str; 16] = [
        "div", "p", "ul", "li", "b", "span", "pre", "code", "details", "summary", "table", "thead",
        "tbody", "tr", "th", "td",
    ];
    const ATTRIBUTES: [&str; 6] = ["class", "style", "align", "title", "role", "aria-label"];
    /// Texts of a view, those in plain text too first.
    const TEXTS: usize = 24;
    const TEXTS_OF_BOTH: usize = 21;

    proptest! {
        #[test]
        fn no_text_makes_a_tag_an_attribute_or_an_order(
            texts in proptest::collection::vec(
                proptest::collection::vec(prop_oneof![
                    Just("<script>".to_string()), Just("\" onerror=\"x".to_string()), Just("'>".to_string()), Just("&lt;i&gt;".to_string()),
                    Just("</div><i x=\"1\">".to_string()), Just("\nEVCXR_BEGIN_CONTENT".to_string()), "\\PC{0,4}", ".{0,4}",
                ], 0..5).prop_map(|parts| parts.concat()),
                TEXTS,
            ),
            folded: bool,
        ) {
            let view = view_of(&texts, folded);
            // As it leaves through the door.
            let (html, text) = (harmless(&html(&view)), harmless(&text(&view)));
            prop_assert!(!html.contains("EVCXR_") && !text.contains("EVCXR_"));
            let page = read(&html);
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
            texts in proptest::collection::vec("[a-z<&\"$é]{1,20}", TEXTS),
        ) {
            let view = view_of(&texts, false);
            let (page, text) = (read(&html(&view)), text(&view));
            for shown in texts.iter().take(TEXTS_OF_BOTH).map(|text| one_line(text)) {
                prop_assert!(page.words.contains(&shown), "{} is not in the html: {}", shown, page.words);
                prop_assert!(text.contains(&shown), "{} is not in the text: {}", shown, text);
            }
        }
    }
}
