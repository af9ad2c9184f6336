//! What makes a plain struct a section: its doc comments, defaults and types, captured by one macro.

use super::value::Setting;

/// A section of the configuration.
pub trait Section: Default {
    /// Its heading in the file.
    const KEY: &'static str;
    /// Its doc comment, line by line.
    const DOC: &'static [&'static str];

    /// What is known about its settings, in order.
    fn fields() -> Vec<Field>;

    /// Reads it from the merged tables; what is absent or refused keeps its default.
    fn read(reader: &mut Reader<'_>) -> Self;
}

/// What is known about one setting.
#[derive(Debug)]
pub struct Field {
    /// Its name within the section.
    pub key: &'static str,
    /// Its doc comment, line by line.
    pub doc: &'static [&'static str],
    /// Its default.
    pub default: toml::Value,
    /// Whether it is a table of named texts.
    pub is_table: bool,
    /// How a text of the environment or the command line becomes its value.
    pub from_text: fn(&str) -> toml::Value,
}

/// What is known about one section.
#[derive(Debug)]
pub struct SectionInfo {
    /// Its heading.
    pub key: &'static str,
    /// Its doc comment, line by line.
    pub doc: &'static [&'static str],
    /// Its settings.
    pub fields: Vec<Field>,
}

impl SectionInfo {
    /// That of section `S`.
    pub fn of<S: Section>() -> Self {
        Self { key: S::KEY, doc: S::DOC, fields: S::fields() }
    }
}

/// Reads the settings of one section, and gathers what is wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    section: &'static str,
    table: Option<&'a toml::Table>,
    problems: &'a mut Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    /// For section `S` of the merged tables `whole`; problems are (key, why).
    pub fn new<S: Section>(whole: &'a toml::Table, problems: &'a mut Vec<(String, String)>) -> Self {
        Self { section: S::KEY, table: whole.get(S::KEY).and_then(toml::Value::as_table), problems }
    }

    /// The setting `key`, or `default` where it is absent or can't be read.
    pub fn read<T: Setting>(&mut self, key: &str, default: T) -> T {
        let Some(value) = self.table.and_then(|table| table.get(key)) else { return default };
        T::read(value).unwrap_or_else(|why| {
            self.problems.push((format!("{}.{key}", self.section), why));
            default
        })
    }
}

/// Makes a section of a list of settings: `/// What it does.` `name: Type = default,`.
macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $name:ident in $key:literal {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty = $default:expr,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $crate::config::section::Section for $name {
            const KEY: &'static str = $key;
            const DOC: &'static [&'static str] = &[$($doc),*];

            fn fields() -> Vec<$crate::config::section::Field> {
                use $crate::config::value::Setting;
                let default = Self::default();
                vec![$($crate::config::section::Field {
                    key: stringify!($field),
                    doc: &[$($field_doc),*],
                    default: default.$field.write(),
                    is_table: <$type as Setting>::IS_TABLE,
                    from_text: <$type as Setting>::from_text,
                }),*]
            }

            fn read(reader: &mut $crate::config::section::Reader<'_>) -> Self {
                let default = Self::default();
                Self { $($field: reader.read(stringify!($field), default.$field),)* }
            }
        }
    };
}
pub(crate) use section;
