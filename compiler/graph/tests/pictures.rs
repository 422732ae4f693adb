//! Pictures of hand-built plans: as text, as XML, and as geometry.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use mlp_graph::{Kind, Layout, dot, html, layout, mermaid, svg};
use proptest::prelude::*;

#[path = "../../../backends/airflow/tests/support/mod.rs"]
#[expect(dead_code, reason = "not all of its plans are drawn here")]
mod support;

#[test]
fn mermaid_of_flights() {
    insta::assert_snapshot!(mermaid(&support::flights(), "late").unwrap());
}

#[test]
fn dot_of_flights() {
    insta::assert_snapshot!(dot(&support::flights(), "late").unwrap());
}

#[test]
fn svg_of_flights() {
    let plan = support::flights();
    let text = svg(&plan, "late").unwrap();
    let document = roxmltree::Document::parse(&text).unwrap();
    let classes = |class: &str| document.descendants().filter(|node| node.attribute("class") == Some(class)).count();
    assert_eq!(classes("edge"), 15);
    assert_eq!(
        document
            .descendants()
            .filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("node ")))
            .count(),
        13
    );
    assert_eq!(classes("node rung"), 2, "the rung as it was, and as it is moved");
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for (tag, words) in [("title", "Pipeline late"), ("desc", "13 nodes, 15 edges")] {
        let found = root
            .children()
            .find(|child| child.has_tag_name(("http://www.w3.org/2000/svg", tag)))
            .and_then(|child| child.text())
            .unwrap_or_default();
        assert!(found.starts_with(words), "{found}");
    }
    insta::assert_snapshot!(text);
}

#[test]
fn kinds_are_told_apart() {
    let found = layout(&support::flights(), "late").unwrap();
    let kind = |id: &str| found.boxes.iter().find(|each| each.id == id).map(|each| each.kind).unwrap();
    assert_eq!(kind("weather"), Kind::Source);
    assert_eq!(kind("rows"), Kind::Sql);
    assert_eq!(kind("model"), Kind::Python);
    assert_eq!(kind("parts"), Kind::Builtin);
    assert_eq!(kind("promote-LateModel"), Kind::Promote);
    assert_eq!(kind("publish"), Kind::Sink);
    assert_eq!(kind("LateModel.production"), Kind::Rung);
}

#[test]
fn a_pipeline_that_is_not_there_has_no_picture() {
    assert!(svg(&support::flights(), "early").is_none());
}

#[test]
fn the_page_loads_nothing() {
    let page = html(&support::flights(), "late").unwrap();
    let elsewhere = page
        .match_indices("://")
        .filter(|(at, _)| !page[..*at].ends_with("http") || !page[*at..].starts_with("://www.w3.org/2000/svg"))
        .count();
    assert_eq!(elsewhere, 0);
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn a_chain_is_a_straight_line() {
    let reads: Vec<Vec<usize>> = (0..20).map(|n: usize| n.checked_sub(1).into_iter().collect()).collect();
    let found = layout(&support::wide(&reads), "wide").unwrap();
    assert!(found.boxes.windows(2).all(|pair| pair[0].y == pair[1].y && pair[0].x + pair[0].width < pair[1].x));
}

#[test]
fn a_thousand_nodes_are_laid_out() {
    let reads: Vec<Vec<usize>> =
        (0..1000).map(|n: usize| if n < 10 { vec![] } else { vec![n - 10, n - n % 10 - 10 + (n + 3) % 10] }).collect();
    stands(&layout(&support::wide(&reads), "wide").unwrap());
}

/// What holds for every layout.
fn stands(found: &Layout) {
    for (at, a) in found.boxes.iter().enumerate() {
        assert!(
            a.x >= 0.0 && a.y >= 0.0 && a.x + a.width <= found.width && a.y + a.height <= found.height,
            "{a:?} leaves the picture"
        );
        for b in &found.boxes[at + 1..] {
            let apart = a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
            assert!(apart, "{a:?} lies on {b:?}");
        }
    }
    for arrow in &found.arrows {
        let (from, to) = (&found.boxes[arrow.from], &found.boxes[arrow.to]);
        assert!(from.x + from.width < to.x, "{arrow:?} does not run to the right");
        assert!(arrow.points.windows(2).all(|pair| pair[0].x <= pair[1].x), "{arrow:?}");
        let (first, last) = (arrow.points[0], arrow.points[arrow.points.len() - 1]);
        assert_eq!((first.x, last.x), (from.x + from.width, to.x));
        for (end, each) in [(first, from), (last, to)] {
            assert!((each.y..=each.y + each.height).contains(&end.y), "{arrow:?} misses its box");
        }
        // Straight parts lie within a column, where boxes are; curves lie between columns.
        for part in arrow.points.chunks(2).skip(1).filter(|part| part.len() == 2) {
            for each in found
                .boxes
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != arrow.to && *at != arrow.from)
                .map(|(_, each)| each)
            {
                let beside = part[1].x < each.x || part[0].x > each.x + each.width;
                assert!(
                    beside || part[0].y < each.y || part[0].y > each.y + each.height,
                    "{arrow:?} runs through {each:?}"
                );
            }
        }
    }
}

fn any_dag() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let node = |n: usize| if n == 0 { Just(Vec::new()).boxed() } else { prop::collection::vec(0..n, 0..4).boxed() };
    (1_usize..80).prop_flat_map(move |count| (0..count).map(node).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_dag_stands(reads in any_dag()) {
        let plan = support::wide(&reads);
        let found = layout(&plan, "wide").unwrap();
        stands(&found);
        prop_assert_eq!(found, layout(&plan, "wide").unwrap());
    }

    #[test]
    fn any_text_is_text(text in "(?s).{0,20}|[<>&\"'\\\\\\]{}|#;\n\0-]{0,12}") {
        let plan = support::hostile(&text);
        let drawn = svg(&plan, &text).unwrap();
        let document = roxmltree::Document::parse(&drawn).unwrap();
        let tags = ["svg", "title", "desc", "style", "defs", "marker", "path", "rect", "g", "text"];
        prop_assert!(document.descendants().filter(roxmltree::Node::is_element).all(|node| tags.contains(&node.tag_name().name())));
        for drawn in [mermaid(&plan, &text).unwrap(), dot(&plan, &text).unwrap()] {
            prop_assert_eq!(drawn.lines().count(), drawn.split('\n').count() - 1);
        }
        // A quote of the user's never ends a string: each line has as many open as closed.
        for line in mermaid(&plan, &text).unwrap().lines() {
            prop_assert!(line.matches('"').count() % 2 == 0, "{}", line);
        }
        for line in dot(&plan, &text).unwrap().lines() {
            let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
            prop_assert!(quotes % 2 == 0, "{}", line);
        }
    }
}
