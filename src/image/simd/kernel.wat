;; The two passes of a resize, several products at a time. The results are those of ../passes.ts to the last bit.
;;
;; Weights are whole numbers of 22 bits after the point. i32x4.dot_i16x8_s multiplies 16-bit numbers and adds pairs, so
;; each weight comes in two parts, weight = high * 2048 + low with 0 <= low < 2048, and each part for two source pixels
;; at once. Sums wrap around at 32 bits, which is harmless: the end result is in range.
;;
;; The taps of one place of the result are a record: the offset of its first source byte (i32), the bytes of weights that
;; follow (i32), then for each pair of source pixels four 16-bit numbers: both high parts, both low parts.
;;
;; Both functions read and write up to 15 bytes after their last byte: the caller leaves room.
;;
;; tools/wasm/make.sh compiles this file to kernel-bytes.ts.
(module
  (memory (export "memory") 1)

  ;; Sums along rows of RGB pixels. `length` is the bytes of a source row, `places` the pixels of a row of the result.
  ;; The weights of a place are padded to a multiple of four pixels (16 bytes).
  (func (export "alongRows")
    (param $source i32) (param $length i32) (param $rows i32) (param $taps i32) (param $places i32) (param $target i32)
    (local $tap i32) (local $end i32) (local $place i32) (local $at i32)
    (local $levels v128) (local $pair v128) (local $high v128) (local $low v128)
    (loop $row
      (local.set $tap (local.get $taps))
      (local.set $place (local.get $places))
      (loop $each
        (local.set $at (i32.add (local.get $source) (i32.load (local.get $tap))))
        (local.set $end (i32.add (i32.add (local.get $tap) (i32.load offset=4 (local.get $tap))) (i32.const 8)))
        (local.set $tap (i32.add (local.get $tap) (i32.const 8)))
        (local.set $high (v128.const i32x4 0 0 0 0))
        (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000)) ;; one half, for rounding
        (loop $sum ;; four pixels
          (local.set $levels (v128.load align=1 (local.get $at)))
          (local.set $pair ;; R0 R1 G0 G1 B0 B1 0 0
            (i8x16.swizzle (local.get $levels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
          (local.set $high (i32x4.add (local.get $high)
            (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat (local.get $tap)))))
          (local.set $low (i32x4.add (local.get $low)
            (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=4 (local.get $tap)))))
          (local.set $pair
            (i8x16.swizzle (local.get $levels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
          (local.set $high (i32x4.add (local.get $high)
            (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=8 (local.get $tap)))))
          (local.set $low (i32x4.add (local.get $low)
            (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=12 (local.get $tap)))))
          (local.set $at (i32.add (local.get $at) (i32.const 12)))
          (br_if $sum (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 16))) (local.get $end))))
        (local.set $low (call $rounded (local.get $high) (local.get $low)))
        (local.set $low (i16x8.narrow_i32x4_s (local.get $low) (local.get $low)))
        ;; The fourth byte is overwritten by the next pixel.
        (v128.store32_lane align=1 0 (local.get $target) (i8x16.narrow_i16x8_u (local.get $low) (local.get $low)))
        (local.set $target (i32.add (local.get $target) (i32.const 3)))
        (br_if $each (local.tee $place (i32.sub (local.get $place) (i32.const 1)))))
      (local.set $source (i32.add (local.get $source) (local.get $length)))
      (br_if $row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1))))))

  ;; Sums along columns, 16 bytes of a row of the result at a time. `length` is the bytes of a row in source and result,
  ;; `places` the rows of the result. The weights of a place are padded to a multiple of two rows (8 bytes).
  (func (export "alongColumns")
    (param $source i32) (param $length i32) (param $taps i32) (param $places i32) (param $target i32)
    (local $tap i32) (local $first i32) (local $end i32) (local $x i32) (local $at i32) (local $next i32)
    (local $a v128) (local $b v128) (local $pair v128) (local $wHigh v128) (local $wLow v128)
    (local $high0 v128) (local $high1 v128) (local $high2 v128) (local $high3 v128)
    (local $low0 v128) (local $low1 v128) (local $low2 v128) (local $low3 v128)
    (local.set $next (local.get $taps))
    (loop $row
      (local.set $first (i32.add (local.get $next) (i32.const 8)))
      (local.set $end (i32.add (local.get $first) (i32.load offset=4 (local.get $next))))
      (local.set $x (i32.const 0))
      (loop $each
        (local.set $at (i32.add (i32.add (local.get $source) (i32.load (local.get $next))) (local.get $x)))
        (local.set $tap (local.get $first))
        (local.set $high0 (v128.const i32x4 0 0 0 0))
        (local.set $high1 (local.get $high0))
        (local.set $high2 (local.get $high0))
        (local.set $high3 (local.get $high0))
        (local.set $low0 (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
        (local.set $low1 (local.get $low0))
        (local.set $low2 (local.get $low0))
        (local.set $low3 (local.get $low0))
        (loop $sum ;; two rows
          (local.set $a (v128.load align=1 (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $length)))
          (local.set $b (v128.load align=1 (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $length)))
          (local.set $wHigh (v128.load32_splat (local.get $tap)))
          (local.set $wLow (v128.load32_splat offset=4 (local.get $tap)))
          (local.set $pair (i16x8.extend_low_i8x16_u
            (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b))))
          (local.set $high0 (i32x4.add (local.get $high0) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wHigh))))
          (local.set $low0 (i32x4.add (local.get $low0) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wLow))))
          (local.set $pair (i16x8.extend_high_i8x16_u
            (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $b))))
          (local.set $high1 (i32x4.add (local.get $high1) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wHigh))))
          (local.set $low1 (i32x4.add (local.get $low1) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wLow))))
          (local.set $pair (i16x8.extend_low_i8x16_u
            (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b))))
          (local.set $high2 (i32x4.add (local.get $high2) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wHigh))))
          (local.set $low2 (i32x4.add (local.get $low2) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wLow))))
          (local.set $pair (i16x8.extend_high_i8x16_u
            (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $b))))
          (local.set $high3 (i32x4.add (local.get $high3) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wHigh))))
          (local.set $low3 (i32x4.add (local.get $low3) (i32x4.dot_i16x8_s (local.get $pair) (local.get $wLow))))
          (br_if $sum (i32.lt_u (local.tee $tap (i32.add (local.get $tap) (i32.const 8))) (local.get $end))))
        (v128.store align=1 (i32.add (local.get $target) (local.get $x))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (call $rounded (local.get $high0) (local.get $low0)) (call $rounded (local.get $high1) (local.get $low1)))
            (i16x8.narrow_i32x4_s
              (call $rounded (local.get $high2) (local.get $low2)) (call $rounded (local.get $high3) (local.get $low3)))))
        (br_if $each
          (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 16))) (local.get $length))))
      (local.set $next (local.get $end))
      (local.set $target (i32.add (local.get $target) (local.get $length)))
      (br_if $row (local.tee $places (i32.sub (local.get $places) (i32.const 1))))))

  ;; Whole levels of both parts of four sums; not yet limited to 0 to 255, which narrowing does.
  (func $rounded (param $high v128) (param $low v128) (result v128)
    (i32x4.shr_s (i32x4.add (local.get $low) (i32x4.shl (local.get $high) (i32.const 11))) (i32.const 22))))
