//! What a callback accepts: checked at the caller before anything is sent, structurally, never by running text.

use crate::{BodyReader, BodyWriter, DecodeError, Name};

/// How a parameter may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ParameterKind {
    /// By position only.
    PositionalOnly = 0,
    /// By position or by name.
    PositionalOrKeyword = 1,
    /// Takes every further positional argument.
    VarPositional = 2,
    /// By name only.
    KeywordOnly = 3,
    /// Takes every further keyword argument.
    VarKeyword = 4,
}

impl ParameterKind {
    const fn from_wire(raw: u8) -> Option<Self> {
        Some(match raw {
            0 => Self::PositionalOnly,
            1 => Self::PositionalOrKeyword,
            2 => Self::VarPositional,
            3 => Self::KeywordOnly,
            4 => Self::VarKeyword,
            _ => return None,
        })
    }

    const fn by_position(self) -> bool {
        matches!(self, Self::PositionalOnly | Self::PositionalOrKeyword)
    }

    const fn by_name(self) -> bool {
        matches!(self, Self::PositionalOrKeyword | Self::KeywordOnly)
    }
}

/// One parameter of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// How it may be given.
    pub kind: ParameterKind,
    /// Whether it may be left out.
    pub has_default: bool,
}

/// The parameters of a callback and how they read. Made once, checked at every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    parameters: Vec<Parameter>,
    text: String,
    /// With no keywords, from so many positional arguments to so many fit; none where a keyword-only parameter is required.
    positional: Option<(usize, usize)>,
}

/// Why arguments do not fit, in the words of Python.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentMismatch {
    /// A parameter without default got nothing.
    #[error("missing a required argument: '{0}'")]
    Missing(Name),
    /// More positional arguments than parameters take.
    #[error("too many positional arguments")]
    TooManyPositional,
    /// No parameter takes this keyword.
    #[error("got an unexpected keyword argument '{0}'")]
    UnexpectedKeyword(String),
    /// A parameter got a value by position and by name.
    #[error("multiple values for argument '{0}'")]
    MultipleValues(Name),
    /// A parameter that is given by position only was given by name.
    #[error("'{0}' parameter is positional only, but was passed as a keyword")]
    PositionalOnly(Name),
}

impl Signature {
    /// The most parameters that travel. 255, as nobody writes more by hand; a signature with more is checked at the callee alone.
    pub const MAX_PARAMETERS: usize = 255;

    /// A signature of these parameters, in order; `text` is how people read it, as `(a: int, b: int) -> int`.
    pub fn new(parameters: Vec<Parameter>, text: &str) -> Self {
        if parameters.len() > Self::MAX_PARAMETERS {
            return Self {
                text: text.to_owned(),
                ..Self::any()
            };
        }
        let positional = positional_range(&parameters);
        Self {
            parameters,
            text: text.to_owned(),
            positional,
        }
    }

    /// What a callable without a known signature accepts: anything.
    pub fn any() -> Self {
        let parameter = |name, kind| {
            Name::new(name).ok().map(|name| Parameter {
                name,
                kind,
                has_default: false,
            })
        };
        let parameters = [
            parameter("args", ParameterKind::VarPositional),
            parameter("kwargs", ParameterKind::VarKeyword),
        ];
        Self::new(
            parameters.into_iter().flatten().collect(),
            "(*args, **kwargs)",
        )
    }

    /// The parameters, in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The parameter that takes the argument at this place, counted from 0.
    pub fn at_position(&self, place: usize) -> Option<&Parameter> {
        let variadic = || {
            let is_variadic = |p: &&Parameter| p.kind == ParameterKind::VarPositional;
            self.parameters.iter().find(is_variadic)
        };
        let at_place = self.parameters.get(place).filter(|p| p.kind.by_position());
        at_place.or_else(variadic)
    }

    /// How people read it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an item of a stream is spread over the parameters: where two or more must be given.
    pub fn spreads_items(&self) -> bool {
        let must_be_given = |parameter: &&Parameter| {
            !parameter.has_default && (parameter.kind.by_position() || parameter.kind.by_name())
        };
        self.parameters.iter().filter(must_be_given).count() >= 2
    }

    /// Whether so many positional arguments and these keywords fit. Without keywords this is two comparisons.
    ///
    /// # Errors
    /// [`ArgumentMismatch`]: the first thing that does not fit, as Python would say it.
    pub fn check<'k>(
        &self,
        positional: usize,
        keywords: impl IntoIterator<Item = &'k str>,
    ) -> Result<(), ArgumentMismatch> {
        let mut keywords = keywords.into_iter().peekable();
        if let Some((least, most)) = self.positional
            && (least..=most).contains(&positional)
            && keywords.peek().is_none()
        {
            return Ok(());
        }
        self.check_each(positional, &keywords.collect::<Vec<_>>())
    }

    fn check_each(&self, positional: usize, keywords: &[&str]) -> Result<(), ArgumentMismatch> {
        let mut left = positional;
        for parameter in &self.parameters {
            let named = keywords.contains(&parameter.name.as_str());
            if parameter.kind == ParameterKind::VarPositional {
                left = 0;
            } else if parameter.kind.by_position() && left > 0 {
                left -= 1;
                if named && parameter.kind.by_name() {
                    return Err(ArgumentMismatch::MultipleValues(parameter.name.clone()));
                }
            } else if parameter.kind == ParameterKind::PositionalOnly
                && named
                && !self.takes_any_keyword()
            {
                return Err(ArgumentMismatch::PositionalOnly(parameter.name.clone()));
            } else if is_required(parameter) && !(named && parameter.kind.by_name()) {
                return Err(ArgumentMismatch::Missing(parameter.name.clone()));
            }
        }
        if left > 0 {
            return Err(ArgumentMismatch::TooManyPositional);
        }
        let taken = |keyword: &str| {
            self.parameters
                .iter()
                .any(|p| p.kind.by_name() && p.name.as_str() == keyword)
        };
        match keywords.iter().find(|keyword| !taken(keyword)) {
            Some(keyword) if !self.takes_any_keyword() => {
                Err(ArgumentMismatch::UnexpectedKeyword((*keyword).to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn takes_any_keyword(&self) -> bool {
        self.parameters
            .iter()
            .any(|p| p.kind == ParameterKind::VarKeyword)
    }

    pub(crate) fn write(&self, writer: &mut BodyWriter<'_>) {
        writer.text(&self.text);
        writer.u8(u8::try_from(self.parameters.len()).unwrap_or(u8::MAX));
        for parameter in &self.parameters {
            writer.u8(parameter.kind as u8);
            writer.u8(parameter.has_default.into());
            writer.short_text(parameter.name.as_str());
        }
    }

    pub(crate) fn read(reader: &mut BodyReader<'_>) -> Result<Self, DecodeError> {
        let text = reader.text()?;
        let count = reader.u8()?;
        let mut parameters = Vec::new();
        for _ in 0..count {
            let number = reader.u8()?;
            let kind = ParameterKind::from_wire(number).ok_or(DecodeError::Unknown {
                what: "parameter kind",
                number,
            })?;
            let has_default = reader.u8()? != 0;
            parameters.push(Parameter {
                name: reader.name()?,
                kind,
                has_default,
            });
        }
        Ok(Self::new(parameters, text))
    }
}

fn is_required(parameter: &Parameter) -> bool {
    !parameter.has_default
        && !matches!(
            parameter.kind,
            ParameterKind::VarPositional | ParameterKind::VarKeyword
        )
}

/// How many positional arguments fit where nothing is given by name.
fn positional_range(parameters: &[Parameter]) -> Option<(usize, usize)> {
    let by_position = || parameters.iter().filter(|p| p.kind.by_position());
    let least = by_position()
        .zip(1..)
        .filter(|(p, _)| is_required(p))
        .map(|(_, nth)| nth)
        .last()
        .unwrap_or(0);
    let most = match parameters
        .iter()
        .any(|p| p.kind == ParameterKind::VarPositional)
    {
        true => usize::MAX,
        false => by_position().count(),
    };
    let by_name_only = parameters
        .iter()
        .any(|p| p.kind == ParameterKind::KeywordOnly && is_required(p));
    (!by_name_only).then_some((least, most))
}

#[cfg(test)]
mod tests {
    use super::ParameterKind::{
        KeywordOnly, PositionalOnly, PositionalOrKeyword, VarKeyword, VarPositional,
    };
    use super::*;

    /// `("a", kind, has_default)` for each parameter.
    fn signature(parameters: &[(&str, ParameterKind, bool)]) -> Signature {
        let parameters = parameters
            .iter()
            .map(|(name, kind, has_default)| Parameter {
                name: Name::new(name).expect("the text is a name"),
                kind: *kind,
                has_default: *has_default,
            });
        Signature::new(parameters.collect(), "")
    }

    #[track_caller]
    fn says(signature: &Signature, positional: usize, keywords: &[&str], message: &str) {
        let result = signature.check(positional, keywords.iter().copied());
        let said = result.map_or_else(|mismatch| mismatch.to_string(), |()| "fits".to_owned());
        assert_eq!(
            said, message,
            "{positional} positional, keywords {keywords:?}"
        );
    }

    #[test]
    fn arguments_fit_as_python_would_bind_them() {
        let add = signature(&[
            ("a", PositionalOrKeyword, false),
            ("b", PositionalOrKeyword, false),
        ]);
        says(&add, 2, &[], "fits");
        says(&add, 1, &["b"], "fits");
        says(&add, 0, &["b", "a"], "fits");
        says(&add, 1, &[], "missing a required argument: 'b'");
        says(&add, 0, &["b"], "missing a required argument: 'a'");
        says(&add, 3, &[], "too many positional arguments");
        says(&add, 2, &["a"], "multiple values for argument 'a'");
        says(&add, 2, &["c"], "got an unexpected keyword argument 'c'");
    }

    #[test]
    fn defaults_may_be_left_out() {
        let add = signature(&[
            ("a", PositionalOrKeyword, false),
            ("b", PositionalOrKeyword, true),
        ]);
        says(&add, 1, &[], "fits");
        says(&add, 2, &[], "fits");
        says(&add, 0, &[], "missing a required argument: 'a'");
        says(&add, 3, &[], "too many positional arguments");
    }

    #[test]
    fn keyword_only_parameters_take_no_position() {
        let only = signature(&[
            ("a", PositionalOrKeyword, false),
            ("key", KeywordOnly, false),
        ]);
        says(&only, 1, &["key"], "fits");
        says(&only, 1, &[], "missing a required argument: 'key'");
        says(&only, 2, &["key"], "too many positional arguments");
    }

    #[test]
    fn positional_only_parameters_take_no_keyword() {
        let only = signature(&[("a", PositionalOnly, false), ("b", PositionalOnly, true)]);
        says(&only, 1, &[], "fits");
        says(
            &only,
            0,
            &["a"],
            "'a' parameter is positional only, but was passed as a keyword",
        );
        says(
            &only,
            1,
            &["b"],
            "'b' parameter is positional only, but was passed as a keyword",
        );
        let with_rest = signature(&[("a", PositionalOnly, false), ("rest", VarKeyword, false)]);
        says(&with_rest, 1, &["a"], "fits");
        says(&with_rest, 0, &["a"], "missing a required argument: 'a'");
    }

    #[test]
    fn variadic_parameters_take_what_is_left() {
        let rest = signature(&[
            ("a", PositionalOrKeyword, false),
            ("rest", VarPositional, false),
        ]);
        says(&rest, 1, &[], "fits");
        says(&rest, 100, &[], "fits");
        says(&rest, 0, &[], "missing a required argument: 'a'");
        says(
            &rest,
            1,
            &["rest"],
            "got an unexpected keyword argument 'rest'",
        );
    }

    #[test]
    fn an_unknown_signature_takes_anything() {
        for (positional, keywords) in [(0, &[][..]), (100, &[]), (3, &["a", "args", "kwargs"])] {
            says(&Signature::any(), positional, keywords, "fits");
        }
    }

    #[test]
    fn a_signature_with_too_many_parameters_is_checked_at_the_callee_alone() {
        let many = vec![
            Parameter {
                name: Name::new("a").expect("the text is a name"),
                kind: PositionalOrKeyword,
                has_default: false,
            };
            Signature::MAX_PARAMETERS + 1
        ];
        let signature = Signature::new(many, "(a, a, ...)");
        says(&signature, 0, &[], "fits");
        assert_eq!(signature.text(), "(a, a, ...)");
    }

    #[test]
    fn a_signature_in_an_order_that_python_forbids_is_still_checked() {
        let odd = signature(&[
            ("a", PositionalOrKeyword, true),
            ("b", PositionalOrKeyword, false),
        ]);
        says(&odd, 1, &[], "missing a required argument: 'b'");
        says(&odd, 2, &[], "fits");
    }
}
