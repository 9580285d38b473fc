//! How the elements of one array print beside each other: common padding, common notation.

use half::f16;

use super::digits::{cutoff, general, positional, scientific, special};
use super::options::{PrintOptions, Sign};
use crate::base::{DType, Kind, Scalar};

/// How every element of one array prints.
pub enum Format {
    /// Truth values; whether they are padded to one width.
    Bool(bool),
    /// Integers of a width, with what goes before non-negative ones.
    Int(usize, &'static str),
    /// bfloat16, which NumPy does not know as a float: each element by itself.
    Alone,
    /// Floats.
    Float(FloatFormat),
    /// Real and imaginary parts.
    Complex(FloatFormat, FloatFormat),
}

impl Format {
    /// The format that suits these elements, which are those that will be shown.
    pub fn new(dtype: DType, elements: &[Scalar], scalar: bool, options: &PrintOptions) -> Format {
        match dtype.kind() {
            Kind::Bool => Format::Bool(!scalar),
            Kind::Signed | Kind::Unsigned | Kind::Opaque => {
                let values = || elements.iter().map(|e| e.as_i128());
                let prefix = match options.sign {
                    Sign::Plus => "+",
                    Sign::Space if values().all(|v| v >= 0) => " ",
                    _ => "",
                };
                let width = values().map(|v| integer(v, prefix).len()).max().unwrap_or(0);
                Format::Int(width, prefix)
            }
            Kind::Float if dtype == DType::BF16 => Format::Alone,
            Kind::Float => {
                let values: Vec<f64> = elements.iter().map(|e| e.as_f64()).collect();
                Format::Float(FloatFormat::new(dtype, &values, options))
            }
            Kind::Complex => {
                let re: Vec<f64> = elements.iter().map(|e| e.as_complex().re).collect();
                let im: Vec<f64> = elements.iter().map(|e| e.as_complex().im).collect();
                let signed = PrintOptions { sign: Sign::Plus, ..*options };
                let part = dtype.component();
                Format::Complex(FloatFormat::new(part, &re, options), FloatFormat::new(part, &im, &signed))
            }
        }
    }

    /// One element, padded.
    pub fn show(&self, element: Scalar) -> String {
        match self {
            Format::Bool(padded) => match (element.as_bool(), padded) {
                (true, true) => " True".to_string(),
                (true, false) => "True".to_string(),
                (false, _) => "False".to_string(),
            },
            Format::Int(width, prefix) => format!("{:>width$}", integer(element.as_i128(), prefix)),
            Format::Alone => general(element.as_f64()),
            Format::Float(format) => format.show(element.as_f64()),
            Format::Complex(re, im) => {
                let z = element.as_complex();
                let padded = im.show(z.im);
                let digits = padded.trim_end();
                format!("{}{digits}j{}", re.show(z.re), &padded[digits.len()..])
            }
        }
    }
}

fn integer(value: i128, prefix: &str) -> String {
    if value < 0 { value.to_string() } else { format!("{prefix}{value}") }
}

/// How the floats of one array print.
pub struct FloatFormat {
    dtype: DType,
    precision: usize,
    plus: bool,
    /// With exponents: digits after the point and of the exponent.
    scientific: Option<(usize, usize)>,
    /// Columns before and after the decimal point.
    left: usize,
    right: usize,
}

impl FloatFormat {
    fn new(dtype: DType, values: &[f64], options: &PrintOptions) -> FloatFormat {
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        let plus = options.sign == Sign::Plus;
        let precision = options.precision;
        let mut format = FloatFormat { dtype, precision, plus, scientific: None, left: 0, right: 0 };
        let exponents = needs_exponents(dtype, &finite, options.suppress);
        let mut exponent_digits = 0;
        for &x in &finite {
            let text = match exponents {
                true => scientific(dtype, x, precision, None),
                false => positional(dtype, x, precision),
            };
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
            let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
            format.left = format.left.max(whole.len() + (plus && x.is_sign_positive()) as usize);
            format.right = format.right.max(fraction.len());
            exponent_digits = exponent_digits.max(exponent.len().saturating_sub(1));
        }
        if exponents {
            format.scientific = Some((format.right, exponent_digits));
            format.right += exponent_digits + 2;
        }
        if options.sign == Sign::Space && !finite.iter().any(|x| x.is_sign_negative()) {
            format.left += 1;
        }
        if finite.len() < values.len() {
            let signed = options.sign != Sign::Minus || values.contains(&f64::NEG_INFINITY);
            format.left = format.left.max((3 + signed as usize).saturating_sub(format.right + 1));
        }
        format
    }

    fn show(&self, x: f64) -> String {
        let plus = if self.plus && (x.is_nan() || x.is_sign_positive()) { "+" } else { "" };
        if let Some(name) = special(x) {
            return format!("{:>1$}", format!("{plus}{name}"), self.left + self.right + 1);
        }
        let text = match self.scientific {
            Some((fraction, digits)) => {
                let text = scientific(self.dtype, x, self.precision, Some(fraction));
                match text.split_once('e') {
                    Some((mantissa, exponent)) => {
                        format!("{plus}{mantissa}e{}{:0>digits$}", &exponent[..1], &exponent[1..])
                    }
                    None => text,
                }
            }
            None => format!("{plus}{}", positional(self.dtype, x, self.precision)),
        };
        let point = text.find('.').unwrap_or(text.len());
        let left = self.left.saturating_sub(point);
        let width = left + point + 1 + self.right;
        format!("{:<width$}", format!("{}{text}", " ".repeat(left)))
    }
}

/// Whether floats this large, this small or this far apart print with exponents.
///
/// The comparisons are those of the dtype: bounds and quotient are rounded to it, as NumPy does.
fn needs_exponents(dtype: DType, finite: &[f64], suppress: bool) -> bool {
    let nonzero = || finite.iter().map(|x| x.abs()).filter(|&x| x != 0.0);
    let Some(largest) = nonzero().reduce(f64::max) else { return false };
    let Some(smallest) = nonzero().reduce(f64::min) else { return false };
    let round = |x: f64| match dtype {
        DType::F16 => f16::from_f64(x).to_f64(),
        DType::F32 => x as f32 as f64,
        _ => x,
    };
    largest >= cutoff(dtype, 1e8) || !suppress && (smallest < round(1e-4) || round(largest / smallest) > 1000.0)
}
