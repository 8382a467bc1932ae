//! Settings as a link, a form or a command line gives them, and changes while a run goes on.
#![no_main]

use std::sync::LazyLock;

use kd_lens::fields::{Field, Kind, Values};
use kd_lens::lab::{Settings, fields};
use kd_lens::metrics::METRICS;
use kd_lens::objectives::METHODS;
use kd_lens_fuzz::{choices, no_fault, plain, text, value};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Map, Value, json};

/// Every name and every choice of every table.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words = Vec::new();
    let tables = METHODS.iter().map(|m| m.options).chain(METRICS.iter().map(|m| m.options)).map(|make| make());
    for field in tables.flatten().chain(fields()) {
        words.push(field.name.to_string());
        if let Kind::Choice(choices) | Kind::List(choices) = field.kind {
            words.extend(choices.iter().map(|(value, _)| value.to_string()));
        }
    }
    words.sort();
    words.dedup();
    words
});

/// `a=1&b=2`, each value as the link and the command line take it.
fn link(text: &str) -> Map<String, Value> {
    let table = fields();
    let options: Vec<Field> = METHODS.iter().flat_map(|m| (m.options)()).collect();
    let read = |pair: &str| {
        let (name, text) = pair.split_once('=')?;
        let field = table.iter().chain(&options).find(|field| field.name == name);
        let words = field.is_some_and(|field| matches!(field.kind, Kind::Choice(_) | Kind::List(_)));
        let value = if words { json!(text) } else { serde_json::from_str(text).unwrap_or_else(|_| json!(text)) };
        Some((name.to_string(), value))
    };
    text.split('&').filter_map(read).collect()
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let words: Vec<&str> = WORDS.iter().map(String::as_str).collect();
    let (given, patch) = match plain(input) {
        Some(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.starts_with('{') => match serde_json::from_str(text) {
                Ok(object) => (object, Map::new()),
                Err(_) => return Corpus::Reject,
            },
            Ok(text) => (link(text), Map::new()),
            Err(_) => return Corpus::Reject,
        },
        None => {
            let mut u = choices(input);
            let mut objects = [Map::new(), Map::new()];
            for object in &mut objects {
                for _ in 0..u.int_in_range(0..=6).unwrap_or_default() {
                    let (Ok(name), Ok(value)) = (text(&mut u, &words), value(&mut u, &words, 2)) else {
                        return Corpus::Reject;
                    };
                    object.insert(name, value);
                }
            }
            let [given, patch] = objects;
            (given, patch)
        }
    };
    let own = given.get("method").and_then(Value::as_str).and_then(|name| METHODS.iter().find(|m| m.name == name));
    if let Some(method) = own {
        no_fault(Values::from_json(&(method.options)(), &given));
    }
    let Some(mut settings) = no_fault(Settings::from_json(&given)) else { return Corpus::Keep };
    // What was accepted can be written down and read again, and names things that exist.
    for running in [true, false] {
        let written = settings.to_json();
        let again = Settings::from_json(written.as_object().expect("an object")).expect("its own settings");
        assert_eq!(again, settings);
        settings.dataset().expect("a dataset");
        settings.chain().expect("architectures");
        settings.method().expect("a method");
        no_fault(settings.patch(&patch, running));
    }
    Corpus::Keep
});
