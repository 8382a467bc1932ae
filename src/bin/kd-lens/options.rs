//! Every setting of the table as a command-line option: `trainImages` becomes `--train-images`.

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use kd_lens::lab::{Field, Kind, Settings, fields};
use serde_json::{Map, Value, json};

/// Settings that were given on the command line.
#[derive(Debug, Clone, Default)]
pub struct Given(pub Map<String, Value>);

fn kebab(camel: &str) -> String {
    camel.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
        out
    })
}

fn argument(field: &Field) -> Arg {
    let defaults = Settings::default().to_json();
    let default = defaults[field.name].as_str().map_or_else(|| defaults[field.name].to_string(), String::from);
    Arg::new(field.name)
        .long(kebab(field.name))
        .value_name("VALUE")
        .help(format!("{} [default: {default}]", field.help))
}

impl clap::Args for Given {
    fn augment_args(command: Command) -> Command {
        fields().iter().fold(command, |command, field| command.arg(argument(field)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for field in fields() {
            if let Some(text) = matches.get_one::<String>(field.name) {
                // The table checks ranges; here only the kind of the value is made of the text.
                let value = match field.kind {
                    Kind::Choice(_) => json!(text),
                    _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
                };
                self.0.insert(field.name.to_string(), value);
            }
        }
        Ok(())
    }
}
