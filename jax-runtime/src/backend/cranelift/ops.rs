//! The operations of the kernel language in Cranelift's instructions, with the semantics of `kernel::op`.
//! Elementary functions and half precision are not here: `kernel::expand` writes them in these.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use jax_core::base::{DType, Kind, Scalar};
use jax_core::bug;
use jax_core::kernel::{Binary, Unary};

use super::value::{Emit, Val, scalar_type};

fn signed(dtype: DType) -> bool {
    dtype.kind() == Kind::Signed
}

impl Emit<'_> {
    /// A unary operation.
    pub fn unary(&mut self, op: Unary, dtype: DType, a: &Val) -> Val {
        if let Val::Pair(parts) = a {
            let part = dtype.component();
            return match op {
                Unary::Real => parts.0.clone(),
                Unary::Imag => parts.1.clone(),
                Unary::Neg => Val::pair(self.unary(op, part, &parts.0), self.unary(op, part, &parts.1)),
                _ => bug!("{op:?} of {dtype} was not expanded"),
            };
        }
        if let (Unary::Not, Val::Mask(bytes, values)) = (op, a) {
            return Val::Mask(*bytes, values.iter().map(|&value| self.b.ins().bnot(value)).collect());
        }
        let native = match op {
            Unary::CountOnes | Unary::LeadingZeros => false,
            Unary::Abs => dtype.is_float() || dtype.size() == 4,
            _ => true,
        };
        if native && !a.is_one() && self.registers(dtype).is_some() {
            return Val::Regs(self.regwise(dtype, &[a], |e, args| e.unary_register(op, dtype, args[0])));
        }
        self.lanewise(dtype, &[a], |e, args| e.unary_register(op, dtype, args[0]))
    }

    /// On a scalar, or where `unary` says so a vector.
    fn unary_register(&mut self, op: Unary, dtype: DType, a: Value) -> Value {
        let float = dtype.is_float();
        match op {
            Unary::Real => a,
            Unary::Neg if float => self.b.ins().fneg(a),
            Unary::Neg => self.b.ins().ineg(a),
            Unary::Abs if float => self.b.ins().fabs(a),
            Unary::Abs if signed(dtype) => self.b.ins().iabs(a),
            Unary::Abs => a,
            Unary::Not if dtype == DType::Bool => self.b.ins().bxor_imm_u(a, 1),
            Unary::Not => self.b.ins().bnot(a),
            Unary::Floor => self.b.ins().floor(a),
            Unary::Ceil => self.b.ins().ceil(a),
            Unary::Trunc => self.b.ins().trunc(a),
            Unary::RoundEven => self.b.ins().nearest(a),
            Unary::Sqrt => self.b.ins().sqrt(a),
            Unary::CountOnes => self.b.ins().popcnt(a),
            Unary::LeadingZeros => {
                let ty = scalar_type(dtype);
                if ty.bits() >= 32 {
                    return self.b.ins().clz(a);
                }
                let wide = self.b.ins().uextend(I32, a);
                let count = self.b.ins().clz(wide);
                let count = self.b.ins().iadd_imm_s(count, i64::from(ty.bits()) - 32);
                self.b.ins().ireduce(ty, count)
            }
            _ => bug!("{op:?} of {dtype} was not expanded"),
        }
    }

    /// A binary operation of two values of `dtype`.
    pub fn binary(&mut self, op: Binary, dtype: DType, a: &Val, b: &Val) -> Val {
        if op == Binary::Complex {
            return Val::pair(a.clone(), b.clone());
        }
        if let (Val::Pair(x), Val::Pair(y)) = (a, b) {
            return self.complex(op, dtype.component(), x, y);
        }
        let result = if op.is_comparison() { DType::Bool } else { dtype };
        let varies = !(a.is_one() && b.is_one());
        if varies && dtype == DType::Bool {
            return self.bool_vector(op, a, b);
        }
        if varies && self.registers(dtype).is_some() {
            if op.is_comparison() {
                let registers = self.regwise(dtype, &[a, b], |e, args| e.compare_vector(op, dtype, args[0], args[1]));
                return Val::Mask(dtype.size(), registers);
            }
            let shift = matches!(op, Binary::Shl | Binary::ShrLogical | Binary::ShrArithmetic);
            if let (true, Val::One(amount)) = (shift, b) {
                let amount = *amount;
                return Val::Regs(self.regwise(dtype, &[a], |e, args| e.shift(op, dtype, args[0], amount)));
            }
            let native = match op {
                Binary::Div => dtype.is_float(),
                Binary::Rem | Binary::MulHigh => false,
                _ => !shift,
            };
            if native {
                return Val::Regs(self.regwise(dtype, &[a, b], |e, args| e.vector_binary(op, dtype, args[0], args[1])));
            }
        }
        self.lanewise(result, &[a, b], |e, args| e.scalar_binary(op, dtype, args[0], args[1]))
    }

    fn complex(&mut self, op: Binary, part: DType, x: &(Val, Val), y: &(Val, Val)) -> Val {
        match op {
            Binary::Add | Binary::Sub => {
                Val::pair(self.binary(op, part, &x.0, &y.0), self.binary(op, part, &x.1, &y.1))
            }
            Binary::Mul => {
                let (rr, ii) = (self.binary(op, part, &x.0, &y.0), self.binary(op, part, &x.1, &y.1));
                let (ri, ir) = (self.binary(op, part, &x.0, &y.1), self.binary(op, part, &x.1, &y.0));
                Val::pair(self.binary(Binary::Sub, part, &rr, &ii), self.binary(Binary::Add, part, &ri, &ir))
            }
            Binary::Eq | Binary::Ne => {
                let (re, im) = (self.binary(op, part, &x.0, &y.0), self.binary(op, part, &x.1, &y.1));
                let both = if op == Binary::Eq { Binary::And } else { Binary::Or };
                self.binary(both, DType::Bool, &re, &im)
            }
            _ => bug!("{op:?} of complex numbers was not expanded"),
        }
    }

    /// Truth values as masks.
    fn bool_vector(&mut self, op: Binary, a: &Val, b: &Val) -> Val {
        let bytes = match (a, b) {
            (Val::Mask(bytes, _), _) | (_, Val::Mask(bytes, _)) => *bytes,
            _ => self.vector_bytes / self.lanes,
        };
        if !matches!(bytes, 4 | 8) {
            return self.lanewise(DType::Bool, &[a, b], |e, args| e.scalar_binary(op, DType::Bool, args[0], args[1]));
        }
        let (a, b) = (self.mask(bytes, a), self.mask(bytes, b));
        let combine = |(&a, &b): (&Value, &Value)| {
            let ins = |e: &mut Self, negate: bool| if negate { e.b.ins().bnot(a) } else { a };
            match op {
                Binary::And | Binary::Min | Binary::Mul => self.b.ins().band(a, b),
                Binary::Or | Binary::Max | Binary::Add => self.b.ins().bor(a, b),
                Binary::Xor | Binary::Ne => self.b.ins().bxor(a, b),
                Binary::Eq => {
                    let a = ins(self, true);
                    self.b.ins().bxor(a, b)
                }
                Binary::Lt => {
                    let a = ins(self, true);
                    self.b.ins().band(a, b)
                }
                Binary::Le => {
                    let a = ins(self, true);
                    self.b.ins().bor(a, b)
                }
                Binary::Gt => {
                    let b = self.b.ins().bnot(b);
                    self.b.ins().band(a, b)
                }
                Binary::Ge => {
                    let b = self.b.ins().bnot(b);
                    self.b.ins().bor(a, b)
                }
                _ => bug!("{op:?} of truth values"),
            }
        };
        Val::Mask(bytes, a.iter().zip(&b).map(combine).collect())
    }

    fn float_code(op: Binary) -> FloatCC {
        match op {
            Binary::Eq => FloatCC::Equal,
            Binary::Ne => FloatCC::NotEqual,
            Binary::Lt => FloatCC::LessThan,
            Binary::Le => FloatCC::LessThanOrEqual,
            Binary::Gt => FloatCC::GreaterThan,
            _ => FloatCC::GreaterThanOrEqual,
        }
    }

    fn int_code(op: Binary, signed: bool) -> IntCC {
        match (op, signed) {
            (Binary::Eq, _) => IntCC::Equal,
            (Binary::Ne, _) => IntCC::NotEqual,
            (Binary::Lt, true) => IntCC::SignedLessThan,
            (Binary::Le, true) => IntCC::SignedLessThanOrEqual,
            (Binary::Gt, true) => IntCC::SignedGreaterThan,
            (_, true) => IntCC::SignedGreaterThanOrEqual,
            (Binary::Lt, false) => IntCC::UnsignedLessThan,
            (Binary::Le, false) => IntCC::UnsignedLessThanOrEqual,
            (Binary::Gt, false) => IntCC::UnsignedGreaterThan,
            (_, false) => IntCC::UnsignedGreaterThanOrEqual,
        }
    }

    fn compare_vector(&mut self, op: Binary, dtype: DType, a: Value, b: Value) -> Value {
        if dtype.is_float() {
            let mask = self.b.ins().fcmp(Emit::float_code(op), a, b);
            return self.cast(self.mask_type(dtype.size()), mask);
        }
        if dtype == DType::U64 && !matches!(op, Binary::Eq | Binary::Ne) {
            // Vectors compare 64-bit lanes as signed; flipping the sign bits maps one order to the other.
            let sign = self.int(I64, i64::MIN);
            let ty = self.vector_type(dtype);
            let sign = self.b.ins().splat(ty, sign);
            let (a, b) = (self.b.ins().bxor(a, sign), self.b.ins().bxor(b, sign));
            return self.b.ins().icmp(Emit::int_code(op, true), a, b);
        }
        self.b.ins().icmp(Emit::int_code(op, signed(dtype)), a, b)
    }

    /// Shifts by one amount for all; a width or more gives zero or the sign.
    fn shift(&mut self, op: Binary, dtype: DType, a: Value, amount: Value) -> Value {
        let bits = i64::from(dtype.bits());
        let limit = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, amount, bits);
        let ty = self.b.func.dfg.value_type(a);
        if op == Binary::ShrArithmetic {
            let last = self.int(scalar_type(dtype), bits - 1);
            let amount = self.b.ins().select(limit, last, amount);
            return self.b.ins().sshr(a, amount);
        }
        let shifted = match op {
            Binary::Shl => self.b.ins().ishl(a, amount),
            _ => self.b.ins().ushr(a, amount),
        };
        if self.known(amount).is_some_and(|known| (0..bits).contains(&known)) {
            return shifted;
        }
        let zero = self.int(scalar_type(dtype), 0);
        if ty.is_vector() {
            let keep = self.b.ins().bmask(scalar_type(dtype), limit);
            let keep = self.b.ins().bnot(keep);
            let keep = self.b.ins().splat(ty, keep);
            return self.b.ins().band(shifted, keep);
        }
        self.b.ins().select(limit, zero, shifted)
    }

    /// The constant that a register holds.
    fn known(&self, value: Value) -> Option<i64> {
        let inst = self.b.func.dfg.value_def(value).inst()?;
        match self.b.func.dfg.insts[inst] {
            cranelift_codegen::ir::InstructionData::UnaryImm { imm, .. } => Some(imm.bits()),
            _ => None,
        }
    }

    fn vector_binary(&mut self, op: Binary, dtype: DType, a: Value, b: Value) -> Value {
        let wide = dtype.size() == 8 && !dtype.is_float();
        match op {
            Binary::Min | Binary::Max if wide => {
                let code = if op == Binary::Min { Binary::Lt } else { Binary::Gt };
                let mask = self.compare_vector(code, dtype, a, b);
                self.b.ins().bitselect(mask, a, b)
            }
            _ => self.plain_binary(op, dtype, a, b),
        }
    }

    /// Operations that scalars and vectors share.
    fn plain_binary(&mut self, op: Binary, dtype: DType, a: Value, b: Value) -> Value {
        let (float, signed, bool) = (dtype.is_float(), signed(dtype), dtype == DType::Bool);
        let ins = self.b.ins();
        match op {
            Binary::Add if float => ins.fadd(a, b),
            Binary::Sub if float => ins.fsub(a, b),
            Binary::Mul if float => ins.fmul(a, b),
            Binary::Div if float => ins.fdiv(a, b),
            Binary::Min if float => ins.fmin(a, b),
            Binary::Max if float => ins.fmax(a, b),
            Binary::Add if bool => ins.bor(a, b),
            Binary::Mul if bool => ins.band(a, b),
            Binary::Add => ins.iadd(a, b),
            Binary::Sub => ins.isub(a, b),
            Binary::Mul => ins.imul(a, b),
            Binary::Min if signed => ins.smin(a, b),
            Binary::Max if signed => ins.smax(a, b),
            Binary::Min => ins.umin(a, b),
            Binary::Max => ins.umax(a, b),
            Binary::And => ins.band(a, b),
            Binary::Or => ins.bor(a, b),
            Binary::Xor => ins.bxor(a, b),
            _ => bug!("{op:?} of {dtype} was not expanded"),
        }
    }

    fn scalar_binary(&mut self, op: Binary, dtype: DType, a: Value, b: Value) -> Value {
        match op {
            _ if op.is_comparison() && dtype.is_float() => self.b.ins().fcmp(Emit::float_code(op), a, b),
            _ if op.is_comparison() => self.b.ins().icmp(Emit::int_code(op, signed(dtype)), a, b),
            Binary::Shl | Binary::ShrLogical | Binary::ShrArithmetic => self.shift(op, dtype, a, b),
            Binary::Rem if dtype.is_float() => {
                let function = if dtype == DType::F32 { self.host.fmod32 } else { self.host.fmod64 };
                let call = self.b.ins().call(function, &[a, b]);
                self.b.inst_results(call)[0]
            }
            Binary::Div | Binary::Rem if !dtype.is_float() => self.divide(op, dtype, a, b),
            Binary::MulHigh => self.mul_high(dtype, a, b),
            _ => self.plain_binary(op, dtype, a, b),
        }
    }

    /// Integer quotient or remainder that never traps.
    fn divide(&mut self, op: Binary, dtype: DType, a: Value, b: Value) -> Value {
        let ty = scalar_type(dtype);
        let signed = signed(dtype);
        let quotient = op == Binary::Div;
        let divide = |e: &mut Self, b: Value| match (quotient, signed) {
            (true, true) => e.b.ins().sdiv(a, b),
            (true, false) => e.b.ins().udiv(a, b),
            (false, true) => e.b.ins().srem(a, b),
            (false, false) => e.b.ins().urem(a, b),
        };
        if self.known(b).is_some_and(|b| b > 0 && b < 1 << (ty.bits() - 1).min(62)) {
            return divide(self, b);
        }
        let (zero, one, ones) = (self.int(ty, 0), self.int(ty, 1), self.int(ty, -1));
        let by_zero = self.b.ins().icmp(IntCC::Equal, b, zero);
        let mut safe = self.b.ins().select(by_zero, one, b);
        let minus_one = signed.then(|| self.b.ins().icmp(IntCC::Equal, b, ones));
        if let Some(minus_one) = minus_one {
            safe = self.b.ins().select(minus_one, one, safe);
        }
        let mut result = divide(self, safe);
        if let Some(minus_one) = minus_one {
            let special = if quotient { self.b.ins().ineg(a) } else { zero };
            result = self.b.ins().select(minus_one, special, result);
        }
        let at_zero = if quotient { ones } else { a };
        self.b.ins().select(by_zero, at_zero, result)
    }

    fn mul_high(&mut self, dtype: DType, a: Value, b: Value) -> Value {
        let ty = scalar_type(dtype);
        if ty == I64 {
            return if signed(dtype) { self.b.ins().smulhi(a, b) } else { self.b.ins().umulhi(a, b) };
        }
        let (a, b) = (self.widen(I64, dtype, a), self.widen(I64, dtype, b));
        let product = self.b.ins().imul(a, b);
        let upper = self.b.ins().ushr_imm_u(product, i64::from(ty.bits()));
        self.b.ins().ireduce(ty, upper)
    }

    /// A scalar integer or truth value in a wider register.
    fn widen(&mut self, ty: Type, dtype: DType, a: Value) -> Value {
        match self.b.func.dfg.value_type(a) {
            have if have == ty => a,
            _ if signed(dtype) => self.b.ins().sextend(ty, a),
            _ => self.b.ins().uextend(ty, a),
        }
    }

    /// `a * b + c`, rounded once.
    pub fn mul_add(&mut self, dtype: DType, a: &Val, b: &Val, c: &Val) -> Val {
        if !dtype.is_float() {
            let product = self.binary(Binary::Mul, dtype, a, b);
            return self.binary(Binary::Add, dtype, &product, c);
        }
        let varies = !(a.is_one() && b.is_one() && c.is_one());
        if varies && self.fma && self.registers(dtype).is_some() {
            return Val::Regs(self.regwise(dtype, &[a, b, c], |e, args| e.b.ins().fma(args[0], args[1], args[2])));
        }
        if varies && !self.fma && dtype == DType::F32 && self.registers(dtype).is_some() {
            return self.mul_add_wide(a, b, c);
        }
        // Where it is no instruction, Cranelift calls `fma`. For f64 that is as good as any: products split in two
        // (T. Dekker, 1971) overflow and underflow where the result does not.
        self.lanewise(dtype, &[a, b, c], |e, args| e.b.ins().fma(args[0], args[1], args[2]))
    }

    /// `a * b + c` of `f32` in `f64`. The product is exact there. The sum is rounded to odd, which makes the rounding to
    /// `f32` that follows as good as the only one (S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded
    /// sums: proved algorithms using rounding to odd", 2008).
    fn mul_add_wide(&mut self, a: &Val, b: &Val, c: &Val) -> Val {
        const F: DType = DType::F64;
        const I: DType = DType::I64;
        let [a, b, c] = [a, b, c].map(|part| self.convert(DType::F32, F, part));
        let product = self.binary(Binary::Mul, F, &a, &b);
        let sum = self.binary(Binary::Add, F, &product, &c);
        // The sum's error, exactly (D. Knuth).
        let added = self.binary(Binary::Sub, F, &sum, &product);
        let kept = self.binary(Binary::Sub, F, &sum, &added);
        let lost = [self.binary(Binary::Sub, F, &product, &kept), self.binary(Binary::Sub, F, &c, &added)];
        let error = self.binary(Binary::Add, F, &lost[0], &lost[1]);
        // An even last bit goes one up or down to where the error points; beside infinities and NaN the error is NaN.
        let zero = self.constant(Scalar::zero(F));
        let above = self.binary(Binary::Gt, F, &error, &zero);
        let below = self.binary(Binary::Lt, F, &error, &zero);
        let negative = self.binary(Binary::Lt, F, &sum, &zero);
        let grows = self.binary(Binary::Xor, DType::Bool, &above, &negative);
        let [none, up, down] = [0, 1, -1].map(|step| self.constant(Scalar::from_i128(I, step)));
        let step = self.select(I, &grows, &up, &down);
        let inexact = self.binary(Binary::Or, DType::Bool, &above, &below);
        let step = self.select(I, &inexact, &step, &none);
        let bits = self.bitcast(F, I, &sum);
        let last = self.binary(Binary::And, I, &bits, &up);
        let odd = self.binary(Binary::Ne, I, &last, &none);
        let step = self.select(I, &odd, &none, &step);
        let bits = self.binary(Binary::Add, I, &bits, &step);
        let odd = self.bitcast(I, F, &bits);
        self.convert(F, DType::F32, &odd)
    }

    /// The value in another dtype.
    pub fn convert(&mut self, from: DType, to: DType, a: &Val) -> Val {
        match (a, to.is_complex()) {
            (Val::Pair(parts), true) => {
                let (from, to) = (from.component(), to.component());
                return Val::pair(self.convert(from, to, &parts.0), self.convert(from, to, &parts.1));
            }
            (Val::Pair(parts), false) if to == DType::Bool => {
                let (re, im) =
                    (self.convert(from.component(), to, &parts.0), self.convert(from.component(), to, &parts.1));
                return self.binary(Binary::Or, DType::Bool, &re, &im);
            }
            (Val::Pair(parts), false) => return self.convert(from.component(), to, &parts.0),
            (_, true) => {
                let part = to.component();
                let zero = self.constant(Scalar::zero(part));
                return Val::pair(self.convert(from, part, a), zero);
            }
            _ => {}
        }
        if from == to {
            return a.clone();
        }
        if !a.is_one()
            && let Some(result) = self.convert_vector(from, to, a)
        {
            return result;
        }
        self.lanewise(to, &[a], |e, args| e.convert_scalar(from, to, args[0]))
    }

    fn convert_vector(&mut self, from: DType, to: DType, a: &Val) -> Option<Val> {
        if to == DType::Bool {
            self.registers(from)?;
            let zero = self.constant(Scalar::zero(from));
            return Some(self.binary(Binary::Ne, from, a, &zero));
        }
        self.registers(to)?;
        let ty = self.vector_type(to);
        if from == DType::Bool {
            let mask = self.mask(to.size(), a);
            let one = self.constant(Scalar::one(to));
            let ones = self.regs(to, &one);
            let select = |e: &mut Self, mask: Value, one: Value| {
                let mask = e.cast(ty, mask);
                e.b.ins().band(mask, one)
            };
            return Some(Val::Regs((0..mask.len()).map(|r| select(self, mask[r], ones[r])).collect()));
        }
        self.registers(from)?;
        let a = self.regs(from, a);
        let each = |e: &mut Self, f: &dyn Fn(&mut Self, Value) -> Value| {
            Some(Val::Regs(a.iter().map(|&value| f(e, value)).collect()))
        };
        let whole = |dtype: DType| dtype.is_integer();
        match (from, to) {
            (DType::I32, DType::F32) => each(self, &|e, v| e.b.ins().fcvt_from_sint(ty, v)),
            (DType::U32, DType::F32) => each(self, &|e, v| e.b.ins().fcvt_from_uint(ty, v)),
            (DType::F32, DType::I32) => each(self, &|e, v| e.b.ins().fcvt_to_sint_sat(ty, v)),
            (DType::F32, DType::U32) => each(self, &|e, v| e.b.ins().fcvt_to_uint_sat(ty, v)),
            _ if whole(from) && whole(to) && from.size() == to.size() => Some(Val::Regs(a)),
            (DType::I32, _) if whole(to) && to.size() == 8 => Some(Val::Regs(
                a.iter().flat_map(|&v| [self.b.ins().swiden_low(v), self.b.ins().swiden_high(v)]).collect(),
            )),
            (DType::U32, _) if whole(to) && to.size() == 8 => Some(Val::Regs(
                a.iter().flat_map(|&v| [self.b.ins().uwiden_low(v), self.b.ins().uwiden_high(v)]).collect(),
            )),
            _ if whole(from) && whole(to) && from.size() == 8 => {
                Some(Val::Regs(a.chunks(2).map(|pair| self.low_halves(pair[0], pair[1], ty)).collect()))
            }
            (DType::F32, DType::F64) => {
                let mut wide = super::value::Values::new();
                for &v in &a {
                    wide.push(self.b.ins().fvpromote_low(v));
                    let order: [u8; 16] = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
                    let order = self.b.func.dfg.immediates.push(order.as_slice().into());
                    let bytes = self.cast(cranelift_codegen::ir::types::I8X16, v);
                    let high = self.b.ins().shuffle(bytes, bytes, order);
                    let high = self.cast(self.vector_type(from), high);
                    wide.push(self.b.ins().fvpromote_low(high));
                }
                Some(Val::Regs(wide))
            }
            (DType::F64, DType::F32) => {
                let join = |pair: &[Value], e: &mut Self| {
                    let (low, high) = (e.b.ins().fvdemote(pair[0]), e.b.ins().fvdemote(pair[1]));
                    let order: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
                    let order = e.b.func.dfg.immediates.push(order.as_slice().into());
                    let bytes = cranelift_codegen::ir::types::I8X16;
                    let (low, high) = (e.cast(bytes, low), e.cast(bytes, high));
                    let joined = e.b.ins().shuffle(low, high, order);
                    e.cast(ty, joined)
                };
                Some(Val::Regs(a.chunks(2).map(|pair| join(pair, self)).collect()))
            }
            _ => None,
        }
    }

    fn convert_scalar(&mut self, from: DType, to: DType, a: Value) -> Value {
        let (source, target) = (scalar_type(from), scalar_type(to));
        match (from.is_float(), to.is_float()) {
            (true, true) if source == F32 && target == F64 => self.b.ins().fpromote(F64, a),
            (true, true) if source == F64 && target == F32 => self.b.ins().fdemote(F32, a),
            (true, true) => bug!("{from} to {to} was not expanded"),
            (true, false) if to == DType::Bool => {
                let zero = if source == F32 { self.b.ins().f32const(0.0) } else { self.b.ins().f64const(0.0) };
                self.b.ins().fcmp(FloatCC::NotEqual, a, zero)
            }
            (true, false) => {
                let wide = if target.bits() < 32 { I32 } else { target };
                if !signed(to) {
                    let value = self.b.ins().fcvt_to_uint_sat(wide, a);
                    if target == wide {
                        return value;
                    }
                    let most = self.int(wide, (1 << target.bits()) - 1);
                    let value = self.b.ins().umin(value, most);
                    return self.b.ins().ireduce(target, value);
                }
                let value = self.b.ins().fcvt_to_sint_sat(wide, a);
                if target == wide {
                    return value;
                }
                let most = self.int(wide, (1 << (target.bits() - 1)) - 1);
                let least = self.int(wide, -(1 << (target.bits() - 1)));
                let value = self.b.ins().smin(value, most);
                let value = self.b.ins().smax(value, least);
                self.b.ins().ireduce(target, value)
            }
            (false, true) => {
                let wide = if source.bits() < 32 { I32 } else { source };
                let value = self.widen(wide, from, a);
                // A widened unsigned integer is a nonnegative signed one.
                match signed(from) || wide != source {
                    true => self.b.ins().fcvt_from_sint(target, value),
                    false => self.b.ins().fcvt_from_uint(target, value),
                }
            }
            (false, false) if to == DType::Bool => self.b.ins().icmp_imm_u(IntCC::NotEqual, a, 0),
            (false, false) if target.bits() < source.bits() => self.b.ins().ireduce(target, a),
            (false, false) => self.widen(target, from, a),
        }
    }

    /// The bits as another dtype.
    pub fn bitcast(&mut self, from: DType, to: DType, a: &Val) -> Val {
        match a {
            Val::Pair(parts) if to.is_complex() => return Val::Pair(parts.clone()),
            Val::Pair(_) => bug!("bits of {from} as {to} were not expanded"),
            _ => {}
        }
        if !a.is_one() && self.registers(from).is_some() && self.registers(to).is_some() {
            let ty = self.vector_type(to);
            return Val::Regs(self.regwise(from, &[a], |e, args| e.cast(ty, args[0])));
        }
        debug_assert!([I8, I16, I32, I64, F32, F64].contains(&scalar_type(to)));
        self.lanewise(to, &[a], |e, args| e.cast(scalar_type(to), args[0]))
    }
}
