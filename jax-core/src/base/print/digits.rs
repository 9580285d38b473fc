//! One float as text: its shortest digits, or its value rounded at a decimal place, and the scalar forms.

use crate::base::{DType, Scalar};

/// More digits than any float has: no limit.
const UNLIMITED: usize = i32::MAX as usize;

/// The fewest significant digits that name `x` among the values of `dtype`, and the exponent of the first.
///
/// `x` is finite and a value of `dtype`. Of two numbers equally near the even one is taken, as in NumPy and
/// Python; Rust's own shortest form takes the greater.
fn shortest(dtype: DType, x: f64) -> (String, i32) {
    let x = x.abs();
    let names = |text: &String| match dtype {
        DType::F16 | DType::BF16 => text.parse().is_ok_and(|y| Scalar::from_f64(dtype, y).as_f64() == x),
        DType::F32 => text.parse().is_ok_and(|y: f32| y as f64 == x),
        _ => text.parse().is_ok_and(|y: f64| y == x),
    };
    let rust = match dtype {
        DType::F16 | DType::BF16 => (0..9).map(|places| format!("{x:.places$e}")).find(names),
        DType::F32 => Some(format!("{:e}", x as f32)),
        _ => None,
    };
    let (digits, exponent) = split(&rust.unwrap_or_else(|| format!("{x:e}")));
    let places = digits.len() - 1;
    let even = format!("{x:.places$e}");
    if names(&even) { split(&even) } else { (digits, exponent) }
}

/// Digits without point, and exponent, of a number in Rust's `e` notation.
fn split(text: &str) -> (String, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = digits.replace('.', "");
    (digits, exponent.parse().unwrap_or(0))
}

fn minus(x: f64) -> &'static str {
    if x.is_sign_negative() { "-" } else { "" }
}

/// `x` with no exponent: shortest digits, yet at most `precision` after the point, and no trailing zeros.
pub fn positional(dtype: DType, x: f64, precision: usize) -> String {
    let (digits, exponent) = shortest(dtype, x);
    let places = digits.len() as i32 - 1 - exponent;
    let text = if places > precision as i32 {
        format!("{:.precision$}", x.abs())
    } else if exponent < 0 {
        format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize))
    } else {
        let whole = exponent as usize + 1;
        let padded = format!("{digits:0<whole$}");
        format!("{}.{}", &padded[..whole], &padded[whole..])
    };
    let text = if text.contains('.') { text.trim_end_matches('0') } else { &text };
    format!("{}{text}{}", minus(x), if text.contains('.') { "" } else { "." })
}

/// `x` with an exponent of at least two digits and `fraction` digits after the point; without `fraction`, with
/// its shortest digits, but at most `precision` after the point.
pub fn scientific(dtype: DType, x: f64, precision: usize, fraction: Option<usize>) -> String {
    let (digits, exponent) = match (shortest(dtype, x), fraction) {
        (short, Some(fraction)) if short.0.len() == fraction + 1 => short,
        (_, Some(fraction)) => split(&format!("{:.fraction$e}", x.abs())),
        (short, None) if short.0.len() <= precision + 1 => short,
        (_, None) => {
            let (digits, exponent) = split(&format!("{:.precision$e}", x.abs()));
            (digits[..1].to_string() + digits[1..].trim_end_matches('0'), exponent)
        }
    };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}{}.{}e{sign}{:02}", minus(x), &digits[..1], &digits[1..], exponent.abs())
}

/// What `nan` and the infinities are called; `None` for a finite number.
pub fn special(x: f64) -> Option<&'static str> {
    match x {
        _ if x.is_nan() => Some("nan"),
        f64::INFINITY => Some("inf"),
        f64::NEG_INFINITY => Some("-inf"),
        _ => None,
    }
}

/// From where on floats of this dtype print with an exponent: where whole numbers need more digits than the dtype
/// holds (NumPy's `finfo.precision`), `widest` for `f64`.
pub fn cutoff(dtype: DType, widest: f64) -> f64 {
    match dtype {
        DType::F16 => 1e3,
        DType::F32 => 1e6,
        _ => widest,
    }
}

/// `x` standing alone, without the `.0` of whole numbers: an exponent below 1e-4 and from the cutoff on.
pub fn alone(dtype: DType, x: f64) -> String {
    if let Some(name) = special(x) {
        return name.to_string();
    }
    let text = if x == 0.0 || (1e-4..cutoff(dtype, 1e16)).contains(&x.abs()) {
        positional(dtype, x, UNLIMITED)
    } else {
        scientific(dtype, x, UNLIMITED, None).replace(".e", "e")
    };
    text.strip_suffix('.').map_or(text.clone(), str::to_string)
}

/// `x` as C's `%g` has it, six significant digits: how bfloat16 prints.
pub fn general(x: f64) -> String {
    if let Some(name) = special(x) {
        return name.to_string();
    }
    let (_, exponent) = split(&format!("{:.5e}", x.abs()));
    if (-4..6).contains(&exponent) {
        let places = (5 - exponent) as usize;
        let text = format!("{x:.places$}");
        return if places > 0 { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text };
    }
    let (digits, _) = split(&format!("{:.5e}", x.abs()));
    let rest = digits[1..].trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}{}{point}{rest}e{sign}{:02}", minus(x), &digits[..1], exponent.abs())
}
