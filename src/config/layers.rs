//! The layers, merged key by key: a later layer replaces the value and its source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::hooks::HOOK_FACTS;
use super::nearest::nearest;
use super::section::{Field, SectionInfo};
use super::{Config, Error, Loaded, Merged, Problem, Source};

/// Before every environment variable of ours.
const PREFIX: &str = "SWITCHBOARD_";

/// Variables with the prefix that are no settings: they stand for global flags, or belong to the script `dev`.
const NOT_SETTINGS: &[&str] = &["SERVER", "AS", "CA", "CONFIG", "DATA", "DEV_DRY_RUN"];

/// The variable that may hold an access token.
pub const TOKEN_VARIABLE: &str = "SWITCHBOARD_TOKEN";

/// The variable that may hold a password.
pub const PASSWORD_VARIABLE: &str = "SWITCHBOARD_PASSWORD";

/// The variable that may hold an access key.
pub const ACCESS_KEY_VARIABLE: &str = "SWITCHBOARD_ACCESS_KEY";

/// The variables that hold secrets, of which a program that this one starts has no use.
pub const SECRET_VARIABLES: [&str; 3] = [TOKEN_VARIABLE, PASSWORD_VARIABLE, ACCESS_KEY_VARIABLE];

/// What settings are made of, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The configuration file, if one is to be read.
    pub file: Option<PathBuf>,
    /// Whether the file has to exist: it was asked for by name.
    pub file_required: bool,
    /// The environment: name and value.
    pub environment: Vec<(String, String)>,
    /// Settings that have a flag of their own.
    pub arguments: Vec<Argument>,
}

/// A setting given on the command line.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Which setting, such as `service.listen`.
    pub key: &'static str,
    /// The flag, such as `--listen`.
    pub flag: &'static str,
    /// What was given.
    pub text: String,
}

/// Merges the layers and types the result.
///
/// # Errors
/// When the file can't be read, names a setting that does not exist, or any value does not fit its setting.
pub fn load(inputs: &Inputs) -> Result<Loaded, Error> {
    let mut layers = Layers::new();
    if let Some(path) = &inputs.file
        && let Some(table) = read_file(path, inputs.file_required)?
    {
        layers.add_file(path, &table);
    }
    for (name, text) in &inputs.environment {
        layers.add_variable(name, text);
    }
    for argument in &inputs.arguments {
        layers.add_argument(argument);
    }
    layers.finish()
}

fn read_file(path: &Path, required: bool) -> Result<Option<Table>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound && !required => return Ok(None),
        Err(source) => return Err(Error::Unreadable { path: path.to_owned(), source }),
    };
    let table = text.parse();
    table.map(Some).map_err(|source| Error::NotToml { path: path.to_owned(), source: Box::new(source) })
}

struct Layers {
    sections: Vec<SectionInfo>,
    /// Values by section, key and (in tables of named texts) name.
    table: Table,
    /// Where each value that is no default comes from, by its dotted key.
    sources: BTreeMap<String, Source>,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl Layers {
    fn new() -> Self {
        let sections = Config::sections();
        let table = sections.iter().map(|section| {
            let fields = section.fields.iter().map(|field| (field.key.to_owned(), field.default.clone()));
            (section.key.to_owned(), Value::Table(fields.collect()))
        });
        let table = table.collect();
        Self { sections, table, sources: BTreeMap::new(), problems: Vec::new(), warnings: Vec::new() }
    }

    fn field(&self, section: &str, key: &str) -> Option<&Field> {
        let section = self.sections.iter().find(|info| info.key == section)?;
        section.fields.iter().find(|field| field.key == key)
    }

    fn set(&mut self, section: &str, key: &str, value: Value, source: Source) {
        let Some(field) = self.field(section, key) else {
            let why = self.no_such_setting(&format!("{section}.{key}"));
            self.problems.push(Problem { key: format!("{section}.{key}"), source_of_value: source, why });
            return;
        };
        match value {
            Value::Table(named) if field.is_table => {
                for (name, text) in named {
                    self.set_named(section, key, &name, text, source.clone());
                }
            }
            value => {
                self.sources.insert(format!("{section}.{key}"), source);
                self.section_mut(section).insert(key.to_owned(), value);
            }
        }
    }

    /// Sets one entry of a table of named texts.
    fn set_named(&mut self, section: &str, key: &str, name: &str, value: Value, source: Source) {
        self.sources.insert(format!("{section}.{key}.{name}"), source);
        let field = self.section_mut(section).entry(key).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(names) = field {
            names.insert(name.to_owned(), value);
        }
    }

    fn section_mut(&mut self, section: &str) -> &mut Table {
        let entry = self.table.get_mut(section).and_then(Value::as_table_mut);
        entry.expect("every known section was filled with its defaults")
    }

    fn no_such_setting(&self, key: &str) -> String {
        let known: Vec<_> = self.keys().collect();
        let known = known.iter().map(String::as_str);
        match nearest(key, known) {
            Some(meant) => format!("there is no such setting; did you mean `{meant}`?"),
            None => "there is no such setting; `switchboard config show` lists those there are".to_owned(),
        }
    }

    fn keys(&self) -> impl Iterator<Item = String> + '_ {
        let keys = |section: &'_ SectionInfo| -> Vec<String> {
            section.fields.iter().map(|field| format!("{}.{}", section.key, field.key)).collect()
        };
        self.sections.iter().flat_map(keys)
    }

    fn add_file(&mut self, path: &Path, table: &Table) {
        for (section, value) in table {
            let source = Source::File(path.to_owned());
            let known = self.sections.iter().any(|info| info.key == section);
            match value {
                Value::Table(fields) if known => {
                    for (key, value) in fields {
                        self.set(section, key, value.clone(), source.clone());
                    }
                }
                _ => {
                    let why = self.no_such_section(section, known);
                    self.problems.push(Problem { key: section.clone(), source_of_value: source, why });
                }
            }
        }
    }

    fn no_such_section(&self, section: &str, known: bool) -> String {
        let meant = nearest(section, self.sections.iter().map(|info| info.key));
        match meant {
            _ if known => format!("this is a section: write [{section}], and its settings below"),
            Some(meant) => format!("there is no such section; did you mean `{meant}`?"),
            None => {
                let known: Vec<_> = self.sections.iter().map(|info| info.key).collect();
                format!("there is no such section; there are: {}", known.join(", "))
            }
        }
    }

    /// `SWITCHBOARD_SECTION_KEY`.
    ///
    /// An unknown one only warns: container platforms put variables of their own under the name of every service.
    fn add_variable(&mut self, variable: &str, text: &str) {
        let Some(rest) = variable.strip_prefix(PREFIX) else { return };
        if NOT_SETTINGS.contains(&rest) || SECRET_VARIABLES.contains(&variable) || HOOK_FACTS.contains(&rest) {
            return;
        }
        let rest = rest.to_lowercase();
        let target = self.sections.iter().find_map(|section| {
            let below = rest.strip_prefix(section.key)?.strip_prefix('_')?;
            let field = section.fields.iter().find(|field| field.key == below)?;
            Some((section.key, field.key, (field.from_text)(text)))
        });
        match target {
            Some((section, key, value)) => self.set(section, key, value, Source::Environment(variable.to_owned())),
            None => self.warn_about(variable),
        }
    }

    fn warn_about(&mut self, variable: &str) {
        let known: Vec<_> = self.keys().map(|key| PREFIX.to_owned() + &key.replace('.', "_").to_uppercase()).collect();
        let hint = nearest(variable, known.iter().map(String::as_str));
        let hint = hint.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        self.warnings.push(format!("the environment variable {variable} names no setting and is ignored{hint}"));
    }

    fn add_argument(&mut self, argument: &Argument) {
        let (section, key) = argument.key.split_once('.').expect("an argument names section and key");
        let field = self.field(section, key).expect("an argument names a known setting");
        let value = (field.from_text)(&argument.text);
        self.set(section, key, value, Source::Argument(argument.flag.to_owned()));
    }

    fn finish(mut self) -> Result<Loaded, Error> {
        let mut unfit = Vec::new();
        let config = Config::read(&self.table, &mut unfit);
        for (key, why) in unfit {
            let source_of_value = self.source(&key);
            self.problems.push(Problem { key, source_of_value, why });
        }
        if !self.problems.is_empty() {
            return Err(Error::Problems(self.problems));
        }
        let merged = self.merged();
        Ok(Loaded { config, merged, warnings: self.warnings })
    }

    /// The source of `key` or, where a table's entries have their own, that of one of them.
    fn source(&self, key: &str) -> Source {
        let entry = format!("{key}.");
        let mut below = self.sources.iter().filter(|(name, _)| name.starts_with(&entry)).map(|(_, source)| source);
        self.sources.get(key).or_else(|| below.next()).cloned().unwrap_or(Source::Default)
    }

    fn merged(&self) -> Vec<Merged> {
        let mut out = Vec::new();
        for section in &self.sections {
            for field in &section.fields {
                let key = format!("{}.{}", section.key, field.key);
                let value = self.table.get(section.key).and_then(|table| table.get(field.key));
                match value.unwrap_or(&field.default) {
                    Value::Table(names) if field.is_table => out.extend(names.iter().map(|(name, value)| {
                        let key = format!("{key}.{name}");
                        Merged { source: self.source(&key), key, value: value.clone() }
                    })),
                    value => out.push(Merged { source: self.source(&key), key, value: value.clone() }),
                }
            }
        }
        out
    }
}
