//! Every setting of the table and every option of the methods as a command-line option: `trainImages` becomes `--train-images`.

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use kd_lens::fields::{Field, Kind};
use kd_lens::lab::fields;
use kd_lens::objectives::METHODS;
use kd_lens::{Error, Result};
use serde_json::{Map, Value, json};

/// Settings that were given on the command line.
#[derive(Debug, Clone, Default)]
pub struct Given(pub Map<String, Value>);

/// `trainImages` → `train-images`.
pub fn kebab(camel: &str) -> String {
    camel.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

/// The value that a text stands for. Ranges are checked by the table.
pub fn value(field: &Field, text: &str) -> Value {
    match field.kind {
        Kind::Choice(_) | Kind::List(_) => json!(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

/// Pairs `key=value`, as `--set` takes them; checked by the table later.
pub fn pairs(fields: &[Field], set: &[String]) -> Result<Map<String, Value>> {
    let mut given = Map::new();
    for pair in set {
        let (key, text) = pair
            .split_once('=')
            .ok_or_else(|| Error::SettingInvalid(format!("“{pair}” is not of the form key=value.")))?;
        let read = fields.iter().find(|f| f.name == key).map_or_else(|| json!(text), |field| value(field, text));
        given.insert(key.into(), read);
    }
    Ok(given)
}

/// A time between checkpoints: a number from 0 up.
pub fn time(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("it must be a number from 0 up".into()),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), String::from)
}

/// Options of methods: each once, with the methods that have it and their defaults.
fn of_methods() -> Vec<(Field, String)> {
    let mut all: Vec<(Field, Vec<String>)> = Vec::new();
    for method in METHODS {
        for field in (method.options)() {
            let default = format!("{} {}", method.name, plain(&field.default));
            match all.iter_mut().find(|(known, _)| known.name == field.name) {
                Some((_, methods)) => methods.push(default),
                None => all.push((field, vec![default])),
            }
        }
    }
    all.into_iter().map(|(field, methods)| (field, methods.join(", "))).collect()
}

impl clap::Args for Given {
    fn augment_args(command: Command) -> Command {
        let argument = |field: &Field, help: String| {
            Arg::new(field.name).long(kebab(field.name)).value_name("VALUE").help(help).allow_negative_numbers(true)
        };
        let command = fields().iter().fold(command, |command, field| {
            command.arg(argument(field, format!("{} [default: {}]", field.help, plain(&field.default))))
        });
        of_methods().iter().fold(command.next_help_heading("Options of methods"), |command, (field, methods)| {
            command.arg(argument(field, format!("{} [default: {methods}]", field.help)))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> std::result::Result<(), clap::Error> {
        for field in fields().into_iter().chain(of_methods().into_iter().map(|(field, _)| field)) {
            if let Some(text) = matches.get_one::<String>(field.name) {
                self.0.insert(field.name.to_string(), value(&field, text));
            }
        }
        Ok(())
    }
}
