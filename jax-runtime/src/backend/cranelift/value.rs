//! Values of a body in machine registers: one scalar for all points of a step, or several lanes of it.
//!
//! Every operation exists on scalars; what vector registers cannot do is done lane by lane.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::types::{F32, F64, I8, I8X16, I16, I32, I64};
use cranelift_codegen::ir::{
    Endianness, GlobalValue, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Type, Value,
};
use cranelift_frontend::FunctionBuilder;
use jax_core::base::{DType, Scalar};
use smallvec::{SmallVec, smallvec};

/// Vector registers or lanes.
pub type Values = SmallVec<[Value; 8]>;

/// What a node is while a step of `lanes` points is computed.
#[derive(Clone, Debug)]
pub enum Val {
    /// The same for all points.
    One(Value),
    /// Lanes in vector registers: several where the lanes of one do not fill all points.
    Regs(Values),
    /// Truth values as lanes of this many bytes, all ones or all zeros.
    Mask(usize, Values),
    /// One scalar register a point.
    Each(Values),
    /// A complex number: real and imaginary part.
    Pair(Box<(Val, Val)>),
}

impl Val {
    /// A complex number.
    pub fn pair(re: Val, im: Val) -> Val {
        Val::Pair(Box::new((re, im)))
    }

    /// The registers, in order.
    pub fn values(&self) -> Values {
        match self {
            Val::One(value) => smallvec![*value],
            Val::Regs(values) | Val::Mask(_, values) | Val::Each(values) => values.clone(),
            Val::Pair(parts) => parts.0.values().into_iter().chain(parts.1.values()).collect(),
        }
    }

    /// The same form in other registers, taken in order.
    pub fn with(&self, registers: &mut impl Iterator<Item = Value>) -> Val {
        let mut next = |old: &Value| registers.next().unwrap_or(*old);
        match self {
            Val::One(value) => Val::One(next(value)),
            Val::Regs(values) => Val::Regs(values.iter().map(next).collect()),
            Val::Mask(bytes, values) => Val::Mask(*bytes, values.iter().map(next).collect()),
            Val::Each(values) => Val::Each(values.iter().map(next).collect()),
            Val::Pair(parts) => {
                let re = parts.0.with(registers);
                Val::pair(re, parts.1.with(registers))
            }
        }
    }

    /// Whether the value is the same for all points.
    pub fn is_one(&self) -> bool {
        match self {
            Val::One(_) => true,
            Val::Pair(parts) => parts.0.is_one() && parts.1.is_one(),
            _ => false,
        }
    }
}

/// Accesses never trap: the verifier has proved every index in bounds.
pub fn flags() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

/// The register type of one element; truth values are 0 or 1.
pub fn scalar_type(dtype: DType) -> Type {
    match dtype {
        DType::Bool | DType::I8 | DType::U8 => I8,
        DType::I16 | DType::U16 | DType::F16 | DType::BF16 => I16,
        DType::I32 | DType::U32 => I32,
        DType::I64 | DType::U64 | DType::Stack => I64,
        DType::F32 | DType::C64 => F32,
        DType::F64 | DType::C128 => F64,
    }
}

/// Emits values of `lanes` points at a time.
pub struct Emit<'f> {
    /// The function.
    pub b: FunctionBuilder<'f>,
    /// Points of a step.
    pub lanes: usize,
    /// Bytes of a vector register.
    pub vector_bytes: usize,
    /// Whether vectors have a fused multiply-add.
    pub fma: bool,
    /// Functions of the host.
    pub host: super::host::Refs,
}

impl Emit<'_> {
    /// Registers that the points of a step take, if vector registers hold this dtype.
    pub fn registers(&self, dtype: DType) -> Option<usize> {
        let vectors = matches!(dtype, DType::F32 | DType::I32 | DType::U32 | DType::F64 | DType::I64 | DType::U64);
        let bytes = self.lanes * dtype.size();
        (self.lanes > 1 && vectors && bytes >= self.vector_bytes).then_some(bytes / self.vector_bytes)
    }

    /// The vector register type of a dtype.
    pub fn vector_type(&self, dtype: DType) -> Type {
        let element = scalar_type(dtype);
        element.by(self.vector_bytes as u32 / element.bytes()).unwrap_or(element)
    }

    /// The vector register type of a mask.
    pub fn mask_type(&self, bytes: usize) -> Type {
        self.vector_type(if bytes == 4 { DType::I32 } else { DType::I64 })
    }

    /// A constant.
    pub fn constant(&mut self, value: Scalar) -> Val {
        let bits = value.bits();
        match value.dtype() {
            DType::C64 => {
                let part = |bits: u128| Scalar::from_bits(DType::F32, bits & u128::from(u32::MAX));
                Val::pair(self.constant(part(bits)), self.constant(part(bits >> 32)))
            }
            DType::C128 => {
                let part = |bits: u128| Scalar::from_bits(DType::F64, bits & u128::from(u64::MAX));
                Val::pair(self.constant(part(bits)), self.constant(part(bits >> 64)))
            }
            DType::F32 => Val::One(self.b.ins().f32const(f32::from_bits(bits as u32))),
            DType::F64 => Val::One(self.b.ins().f64const(f64::from_bits(bits as u64))),
            dtype => Val::One(self.int(scalar_type(dtype), bits as i64)),
        }
    }

    /// An integer of this register type, its upper bits dropped.
    pub fn int(&mut self, ty: Type, value: i64) -> Value {
        let keep = if ty.bits() == 64 { value } else { value & ((1 << ty.bits()) - 1) };
        self.b.ins().iconst(ty, keep)
    }

    /// The lanes in vector registers.
    pub fn regs(&mut self, dtype: DType, val: &Val) -> Values {
        let count = self.registers(dtype).unwrap_or(1);
        let ty = self.vector_type(dtype);
        match val {
            Val::Regs(values) => values.clone(),
            Val::One(value) => {
                let splat = self.b.ins().splat(ty, *value);
                smallvec![splat; count]
            }
            Val::Each(values) => self.insert(ty, values),
            Val::Mask(..) | Val::Pair(_) => jax_core::bug!("a {dtype} in a form of another dtype"),
        }
    }

    fn insert(&mut self, ty: Type, lanes: &[Value]) -> Values {
        let insert = |chunk: &[Value], e: &mut Self| {
            let mut vector = e.b.ins().scalar_to_vector(ty, chunk[0]);
            for (lane, &value) in chunk.iter().enumerate().skip(1) {
                vector = e.b.ins().insertlane(vector, value, lane as u8);
            }
            vector
        };
        lanes.chunks(ty.lane_count() as usize).map(|chunk| insert(chunk, self)).collect()
    }

    /// One scalar a point.
    pub fn each(&mut self, val: &Val) -> Values {
        match val {
            Val::One(value) => smallvec![*value; self.lanes],
            Val::Each(values) => values.clone(),
            Val::Regs(values) => self.extract(values),
            Val::Mask(_, values) => {
                let lanes = self.extract(values);
                lanes.into_iter().map(|lane| self.b.ins().icmp_imm_u(IntCC::NotEqual, lane, 0)).collect()
            }
            Val::Pair(_) => jax_core::bug!("a complex number in one register"),
        }
    }

    fn extract(&mut self, registers: &[Value]) -> Values {
        let mut lanes = Values::new();
        for &register in registers {
            let count = self.b.func.dfg.value_type(register).lane_count();
            lanes.extend((0..count).map(|lane| self.b.ins().extractlane(register, lane as u8)));
        }
        lanes
    }

    /// Truth values as a mask of lanes of this many bytes.
    pub fn mask(&mut self, bytes: usize, val: &Val) -> Values {
        let ty = self.mask_type(bytes);
        let count = self.lanes * bytes / self.vector_bytes;
        match val {
            Val::Mask(have, values) if *have == bytes => values.clone(),
            Val::Mask(4, values) => {
                let mut wide = Values::new();
                for &narrow in values {
                    wide.push(self.b.ins().swiden_low(narrow));
                    wide.push(self.b.ins().swiden_high(narrow));
                }
                wide
            }
            Val::Mask(_, values) => values.chunks(2).map(|pair| self.low_halves(pair[0], pair[1], ty)).collect(),
            Val::One(value) => {
                let lane = self.b.ins().bmask(ty.lane_type(), *value);
                let splat = self.b.ins().splat(ty, lane);
                smallvec![splat; count]
            }
            Val::Each(values) => {
                let lanes: Values = values.iter().map(|&value| self.b.ins().bmask(ty.lane_type(), value)).collect();
                self.insert(ty, &lanes)
            }
            Val::Regs(_) | Val::Pair(_) => jax_core::bug!("a truth value in a form of another dtype"),
        }
    }

    /// The lower halves of the 8-byte lanes of two vectors, in one.
    pub fn low_halves(&mut self, low: Value, high: Value, ty: Type) -> Value {
        let order: [u8; 16] = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
        let (low, high) = (self.cast(I8X16, low), self.cast(I8X16, high));
        let order = self.b.func.dfg.immediates.push(order.as_slice().into());
        let packed = self.b.ins().shuffle(low, high, order);
        self.cast(ty, packed)
    }

    /// The same bits as another register type.
    pub fn cast(&mut self, ty: Type, value: Value) -> Value {
        if self.b.func.dfg.value_type(value) == ty {
            return value;
        }
        self.b.ins().bitcast(ty, MemFlagsData::new().with_endianness(Endianness::Little), value)
    }

    /// The form in which a varying value of this dtype is carried around loops and branches.
    pub fn canonical(&mut self, dtype: DType, val: &Val) -> Val {
        if let Val::Pair(parts) = val {
            let part = dtype.component();
            return Val::pair(self.canonical(part, &parts.0), self.canonical(part, &parts.1));
        }
        if self.lanes == 1 {
            return val.clone();
        }
        if self.registers(dtype).is_some() {
            return Val::Regs(self.regs(dtype, val));
        }
        if dtype == DType::Bool {
            let bytes = self.vector_bytes / self.lanes;
            return Val::Mask(bytes, self.mask(bytes, val));
        }
        Val::Each(self.each(val))
    }

    /// Lanes in the form that vectors prefer.
    pub fn packed(&mut self, dtype: DType, lanes: Values) -> Val {
        if self.lanes == 1 {
            return Val::One(lanes[0]);
        }
        if dtype == DType::Bool { Val::Each(lanes) } else { self.canonical(dtype, &Val::Each(lanes)) }
    }

    /// Computes lane by lane, or once if no argument varies.
    pub fn lanewise(&mut self, dtype: DType, args: &[&Val], mut f: impl FnMut(&mut Self, &[Value]) -> Value) -> Val {
        let ones: Option<Values> = args.iter().map(|arg| if let Val::One(v) = arg { Some(*v) } else { None }).collect();
        if let Some(ones) = ones {
            return Val::One(f(self, &ones));
        }
        let lanes: SmallVec<[Values; 3]> = args.iter().map(|arg| self.each(arg)).collect();
        let results = (0..self.lanes).map(|lane| {
            let args: Values = lanes.iter().map(|values| values[lane]).collect();
            f(self, &args)
        });
        let results = results.collect();
        self.packed(dtype, results)
    }

    /// Computes register by register, all arguments of one dtype.
    pub fn regwise(&mut self, dtype: DType, args: &[&Val], mut f: impl FnMut(&mut Self, &[Value]) -> Value) -> Values {
        let registers: SmallVec<[Values; 3]> = args.iter().map(|arg| self.regs(dtype, arg)).collect();
        (0..self.registers(dtype).unwrap_or(0))
            .map(|register| {
                let args: Values = registers.iter().map(|values| values[register]).collect();
                f(self, &args)
            })
            .collect()
    }

    /// Chooses between values of one dtype.
    pub fn select(&mut self, dtype: DType, pred: &Val, on_true: &Val, on_false: &Val) -> Val {
        if let (Val::Pair(a), Val::Pair(b)) = (on_true, on_false) {
            let part = dtype.component();
            return Val::pair(self.select(part, pred, &a.0, &b.0), self.select(part, pred, &a.1, &b.1));
        }
        let bytes = match dtype {
            DType::Bool => self.vector_bytes / self.lanes,
            _ => dtype.size(),
        };
        let varies = !(pred.is_one() && on_true.is_one() && on_false.is_one());
        if varies && dtype == DType::Bool && matches!(bytes, 4 | 8) {
            let (p, a, b) = (self.mask(bytes, pred), self.mask(bytes, on_true), self.mask(bytes, on_false));
            let chosen = (0..p.len()).map(|r| self.b.ins().bitselect(p[r], a[r], b[r])).collect();
            return Val::Mask(bytes, chosen);
        }
        if varies && self.registers(dtype).is_some() {
            let ty = self.vector_type(dtype);
            let (p, a, b) = (self.mask(bytes, pred), self.regs(dtype, on_true), self.regs(dtype, on_false));
            let chosen = (0..p.len()).map(|r| {
                let mask = self.cast(ty, p[r]);
                self.b.ins().bitselect(mask, a[r], b[r])
            });
            return Val::Regs(chosen.collect());
        }
        self.lanewise(dtype, &[pred, on_true, on_false], |e, args| e.b.ins().select(args[0], args[1], args[2]))
    }

    /// Whether any point's truth value holds, as a scalar.
    pub fn any(&mut self, pred: &Val) -> Value {
        match pred {
            Val::One(value) => *value,
            Val::Mask(_, values) => {
                let mut all = values[0];
                for &value in &values[1..] {
                    all = self.b.ins().bor(all, value);
                }
                self.b.ins().vany_true(all)
            }
            other => {
                let lanes = self.each(other);
                let mut all = lanes[0];
                for &value in &lanes[1..] {
                    all = self.b.ins().bor(all, value);
                }
                all
            }
        }
    }

    /// Loads an element, its bytes counted from `address`.
    pub fn load_scalar(&mut self, dtype: DType, address: Value, offset: i64) -> Val {
        let (address, offset) = self.address(address, offset);
        if dtype.is_complex() {
            let part = dtype.component();
            let im = i32::from(offset) + part.size() as i32;
            let ty = scalar_type(part);
            let re = self.b.ins().load(ty, flags(), address, offset);
            return Val::pair(Val::One(re), Val::One(self.b.ins().load(ty, flags(), address, im)));
        }
        Val::One(self.b.ins().load(scalar_type(dtype), flags(), address, offset))
    }

    /// Stores an element.
    pub fn store_scalar(&mut self, dtype: DType, val: &Val, address: Value, offset: i64) {
        let (address, offset) = self.address(address, offset);
        match val {
            Val::Pair(parts) => {
                let im = i32::from(offset) + dtype.component().size() as i32;
                if let (Val::One(a), Val::One(b)) = &**parts {
                    self.b.ins().store(flags(), *a, address, offset);
                    self.b.ins().store(flags(), *b, address, im);
                }
            }
            Val::One(value) => {
                self.b.ins().store(flags(), *value, address, offset);
            }
            _ => jax_core::bug!("a vector stored as an element"),
        }
    }

    /// An address whose offset an instruction can hold.
    pub fn address(&mut self, address: Value, offset: i64) -> (Value, Offset32) {
        match i32::try_from(offset) {
            Ok(small) if small < i32::MAX - 64 => (address, small.into()),
            _ => (self.b.ins().iadd_imm_s(address, offset), 0.into()),
        }
    }

    /// The elements of a step at these distances from an address: loaded one by one.
    pub fn gather(&mut self, dtype: DType, places: &[(Value, i64)]) -> Val {
        let parts: Vec<Val> =
            places.iter().map(|&(address, offset)| self.load_scalar(dtype, address, offset)).collect();
        self.join(dtype, &parts)
    }

    /// Lanes from scalars.
    pub fn join(&mut self, dtype: DType, parts: &[Val]) -> Val {
        if dtype.is_complex() {
            let half = |second: bool| -> Vec<Val> {
                let pick = |val: &Val| match val {
                    Val::Pair(parts) if second => parts.1.clone(),
                    Val::Pair(parts) => parts.0.clone(),
                    other => other.clone(),
                };
                parts.iter().map(pick).collect()
            };
            let part = dtype.component();
            return Val::pair(self.join(part, &half(false)), self.join(part, &half(true)));
        }
        let lanes = parts.iter().flat_map(|part| part.values()).collect();
        self.packed(dtype, lanes)
    }

    /// The element of one point.
    pub fn lane(&mut self, val: &Val) -> Vec<Val> {
        if let Val::Pair(parts) = val {
            let (re, im) = (self.lane(&parts.0), self.lane(&parts.1));
            return re.into_iter().zip(im).map(|(re, im)| Val::pair(re, im)).collect();
        }
        self.each(val).into_iter().map(Val::One).collect()
    }

    /// Consecutive elements, loaded together where a vector register holds them.
    pub fn load_vector(&mut self, dtype: DType, address: Value, offset: i64) -> Val {
        if let Some(count) = self.registers(dtype) {
            let ty = self.vector_type(dtype);
            let load = |register: usize, e: &mut Self| {
                let (address, offset) = e.address(address, offset + (register * e.vector_bytes) as i64);
                e.b.ins().load(ty, flags(), address, offset)
            };
            return Val::Regs((0..count).map(|register| load(register, self)).collect());
        }
        if dtype == DType::Bool && self.lanes == 4 {
            let (address, offset) = self.address(address, offset);
            let bytes = self.b.ins().load(I32, flags(), address, offset);
            let ty = self.mask_type(4);
            let vector = self.b.ins().scalar_to_vector(ty, bytes);
            let vector = self.cast(I8X16, vector);
            let vector = self.b.ins().uwiden_low(vector);
            let vector = self.b.ins().uwiden_low(vector);
            let zero = self.int(I32, 0);
            let zero = self.b.ins().splat(ty, zero);
            return Val::Mask(4, smallvec![self.b.ins().icmp(IntCC::NotEqual, vector, zero)]);
        }
        let places: Vec<(Value, i64)> =
            (0..self.lanes).map(|lane| (address, offset + (lane * dtype.size()) as i64)).collect();
        self.gather(dtype, &places)
    }

    /// An address of data, parked on the stack. What is loaded through an address that is read back in each turn of a
    /// loop is not moved out of the loop into registers, of which long polynomials leave none.
    pub fn kept_address(&mut self, data: GlobalValue) -> Value {
        let slot = self.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3));
        let slot = self.b.ins().stack_addr(I64, slot, 0);
        let address = self.b.ins().symbol_value(I64, data);
        self.b.ins().store(flags(), address, slot, 0);
        slot
    }

    /// Consecutive elements of constant data; an instruction that alone uses them can take them from memory.
    pub fn load_constant(&mut self, dtype: DType, address: Value, offset: usize) -> Val {
        let (ty, flags) = (self.vector_type(dtype), flags().with_aligned().with_readonly().with_can_move());
        let load = |register: usize| (offset + register * self.vector_bytes) as i32;
        let offsets: SmallVec<[i32; 8]> = (0..self.registers(dtype).unwrap_or(0)).map(load).collect();
        Val::Regs(offsets.into_iter().map(|offset| self.b.ins().load(ty, flags, address, offset)).collect())
    }

    /// Stores consecutive elements.
    pub fn store_vector(&mut self, dtype: DType, val: &Val, address: Value, offset: i64) {
        if let (Val::Mask(..), 4) = (val, self.lanes) {
            let mask = self.mask(4, val)[0];
            let ty = self.mask_type(4);
            let one = self.int(I32, 1);
            let one = self.b.ins().splat(ty, one);
            let bits = self.b.ins().band(mask, one);
            let halves = self.b.ins().snarrow(bits, bits);
            let bytes = self.b.ins().unarrow(halves, halves);
            let bytes = self.cast(ty, bytes);
            let word = self.b.ins().extractlane(bytes, 0);
            let (address, offset) = self.address(address, offset);
            self.b.ins().store(flags(), word, address, offset);
            return;
        }
        if self.registers(dtype).is_some() {
            for (register, value) in self.regs(dtype, val).into_iter().enumerate() {
                let (address, offset) = self.address(address, offset + (register * self.vector_bytes) as i64);
                self.b.ins().store(flags(), value, address, offset);
            }
            return;
        }
        for (lane, part) in self.lane(val).into_iter().enumerate() {
            self.store_scalar(dtype, &part, address, offset + (lane * dtype.size()) as i64);
        }
    }
}
