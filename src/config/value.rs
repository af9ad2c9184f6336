//! How a setting's value is read from TOML and from text, and written back.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use toml::Value;

/// A type a setting can have.
pub trait Setting: Sized {
    /// Whether it is a table of named texts, with a heading of its own in the file.
    const IS_TABLE: bool = false;

    /// Reads a merged value.
    ///
    /// # Errors
    /// A few words that say what was expected.
    fn read(value: &Value) -> Result<Self, String>;

    /// Writes it as the configuration file would hold it.
    fn write(&self) -> Value;

    /// A text of the environment or the command line as a value; what does not fit is refused by [`Setting::read`].
    fn from_text(text: &str) -> Value {
        Value::String(text.to_owned())
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "use true or false".to_owned())
    }

    fn write(&self) -> Value {
        Value::Boolean(*self)
    }

    fn from_text(text: &str) -> Value {
        text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Boolean)
    }
}

impl Setting for String {
    fn read(value: &Value) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| "use a text in quotes".to_owned())
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u16, const MAX: u16>(u16);

impl<const MIN: u16, const MAX: u16> Whole<MIN, MAX> {
    /// `number`, brought into the range.
    pub const fn clamped(number: u16) -> Self {
        match number {
            low if low < MIN => Self(MIN),
            high if high > MAX => Self(MAX),
            number => Self(number),
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl<const MIN: u16, const MAX: u16> Setting for Whole<MIN, MAX> {
    fn read(value: &Value) -> Result<Self, String> {
        let number = value.as_integer().and_then(|number| u16::try_from(number).ok());
        let inside = number.filter(|number| (MIN..=MAX).contains(number));
        inside.map(Self).ok_or_else(|| format!("use a whole number from {MIN} to {MAX}"))
    }

    fn write(&self) -> Value {
        Value::Integer(self.0.into())
    }

    fn from_text(text: &str) -> Value {
        text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer)
    }
}

impl Setting for SocketAddr {
    fn read(value: &Value) -> Result<Self, String> {
        let expected = || "use an address and a port, such as 127.0.0.1:8790 or [::1]:8790; port 0 takes any free one";
        value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| expected().to_owned())
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

impl Setting for IpAddr {
    fn read(value: &Value) -> Result<Self, String> {
        let address = value.as_str().and_then(|text| text.parse().ok());
        address.ok_or_else(|| "use IP addresses, such as 192.0.2.7".to_owned())
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Lists; a text holds one with commas.
impl<T: Setting> Setting for Vec<T> {
    fn read(value: &Value) -> Result<Self, String> {
        let items = value.as_array().ok_or_else(|| "use a list in brackets, such as [\"…\", \"…\"]".to_owned())?;
        items.iter().map(T::read).collect()
    }

    fn write(&self) -> Value {
        Value::Array(self.iter().map(T::write).collect())
    }

    fn from_text(text: &str) -> Value {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        Value::Array(items.map(T::from_text).collect())
    }
}

/// Nothing is the empty text.
impl<T: Setting> Setting for Option<T> {
    fn read(value: &Value) -> Result<Self, String> {
        if value.as_str() == Some("") { Ok(None) } else { T::read(value).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or_else(|| Value::String(String::new()), T::write)
    }

    fn from_text(text: &str) -> Value {
        if text.is_empty() { Value::String(String::new()) } else { T::from_text(text) }
    }
}

impl Setting for BTreeMap<String, String> {
    const IS_TABLE: bool = true;

    fn read(value: &Value) -> Result<Self, String> {
        let expected = || "use a section of its own, with a line NAME = \"TEXT\" for each; in a variable, with commas";
        let table = value.as_table().ok_or_else(|| expected().to_owned())?;
        let text = |(name, value): (&String, &Value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            _ => Err(format!("`{name}`: use a text in quotes")),
        };
        table.iter().map(text).collect()
    }

    fn write(&self) -> Value {
        Value::Table(self.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect())
    }

    /// `mute = "m", hold = "x"`: an inline table without its braces.
    fn from_text(text: &str) -> Value {
        let inline: Result<toml::Table, _> = format!("named = {{ {text} }}").parse();
        let named = inline.ok().and_then(|mut table| table.remove("named"));
        named.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

/// A setting that is one of a few words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The words, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl $crate::config::value::Setting for $name {
            fn read(value: &toml::Value) -> Result<Self, String> {
                match value.as_str() {
                    $(Some($word) => Ok(Self::$variant),)*
                    _ => Err(format!("use one of: {}", Self::WORDS.join(", "))),
                }
            }

            fn write(&self) -> toml::Value {
                toml::Value::String(self.as_str().to_owned())
            }
        }
    };
}
pub(crate) use choice;

/// Makes an enum from elsewhere a setting: it has `ALL` and `as_str`.
macro_rules! words {
    ($name:ident) => {
        impl $crate::config::value::Setting for $name {
            fn read(value: &toml::Value) -> Result<Self, String> {
                let wanted = Self::ALL.into_iter().find(|one| value.as_str() == Some(one.as_str()));
                wanted.ok_or_else(|| format!("use one of: {}", Self::ALL.map(Self::as_str).join(", ")))
            }

            fn write(&self) -> toml::Value {
                toml::Value::String(self.as_str().to_owned())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerUrl;

    #[track_caller]
    fn from_text<T: Setting>(text: &str) -> Result<T, String> {
        T::read(&T::from_text(text))
    }

    #[test]
    fn texts_are_read_as_the_type_wants_them() {
        assert_eq!(from_text::<bool>("true"), Ok(true));
        assert_eq!(from_text::<Whole<1, 300>>("60"), Ok(Whole::clamped(60)));
        assert_eq!(from_text::<Vec<String>>("a, b,"), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(from_text::<String>("true"), Ok("true".to_owned()));
        assert_eq!(from_text::<Option<ServerUrl>>(""), Ok(None));
        assert_eq!(from_text::<SocketAddr>("[::1]:0").map(|address| address.port()), Ok(0));
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        assert!(from_text::<Whole<60, 1440>>("30").is_err_and(|why| why.contains("60 to 1440")));
        assert!(from_text::<Whole<0, 9>>("-1").is_err_and(|why| why.contains("0 to 9")));
        assert!(from_text::<bool>("yes").is_err_and(|why| why.contains("true or false")));
        assert!(from_text::<SocketAddr>("localhost").is_err_and(|why| why.contains("127.0.0.1:8790")));
        assert!(from_text::<Vec<IpAddr>>("::1, x").is_err_and(|why| why.contains("IP addresses")));
    }
}
