;; One optimizer step over a weight, four numbers at a time, in place: each number is read once and written once, where
;; the same arithmetic as a graph of operators passes through memory a dozen times. The operations and their order are
;; those of ../optimizer.ts, and each is rounded to float32: the results are the same to the last bit.
;;
;; Weight, gradient and slots are addresses, `bytes` is the length of each, a multiple of 16.
;;
;; tools/wasm/make.sh compiles this file to kernel-bytes.ts.
(module
  (memory (export "memory") 0)

  (func (export "descent") (param $weight i32) (param $gradient i32) (param $bytes i32) (param $rate f32)
    (local $end i32)
    (local.set $end (i32.add (local.get $weight) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $weight)
        (f32x4.sub (v128.load (local.get $weight))
          (f32x4.mul (f32x4.splat (local.get $rate)) (v128.load (local.get $gradient)))))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $weight (i32.add (local.get $weight) (i32.const 16))) (local.get $end)))))

  (func (export "momentum")
    (param $weight i32) (param $gradient i32) (param $slot i32) (param $bytes i32)
    (param $rate f32) (param $momentum f32) (param $nesterov i32)
    (local $end i32) (local $pull v128) (local $velocity v128)
    (local.set $end (i32.add (local.get $weight) (local.get $bytes)))
    (loop $next
      (local.set $pull (f32x4.mul (f32x4.splat (local.get $rate)) (v128.load (local.get $gradient))))
      (local.set $velocity
        (f32x4.sub
          (f32x4.mul (v128.load (local.get $slot)) (f32x4.splat (local.get $momentum)))
          (local.get $pull)))
      (v128.store (local.get $slot) (local.get $velocity))
      (if (local.get $nesterov)
        (then (local.set $velocity
          (f32x4.sub
            (f32x4.mul (local.get $velocity) (f32x4.splat (local.get $momentum)))
            (local.get $pull)))))
      (v128.store (local.get $weight) (f32x4.add (v128.load (local.get $weight)) (local.get $velocity)))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $slot (i32.add (local.get $slot) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $weight (i32.add (local.get $weight) (i32.const 16))) (local.get $end)))))

  ;; A momentum of 0 has no slot for it: `velocity` is not touched then.
  (func (export "rmsprop")
    (param $weight i32) (param $gradient i32) (param $square i32) (param $velocity i32) (param $bytes i32)
    (param $rate f32) (param $rho f32) (param $rest f32) (param $epsilon f32) (param $momentum f32)
    (local $end i32) (local $slope v128) (local $mean v128) (local $pull v128)
    (local.set $end (i32.add (local.get $weight) (local.get $bytes)))
    (loop $next
      (local.set $slope (v128.load (local.get $gradient)))
      (local.set $mean
        (f32x4.add
          (f32x4.mul (v128.load (local.get $square)) (f32x4.splat (local.get $rho)))
          (f32x4.mul (f32x4.mul (local.get $slope) (local.get $slope)) (f32x4.splat (local.get $rest)))))
      (v128.store (local.get $square) (local.get $mean))
      (local.set $pull
        (f32x4.div
          (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $slope))
          (f32x4.sqrt (f32x4.add (local.get $mean) (f32x4.splat (local.get $epsilon))))))
      (if (f32.gt (local.get $momentum) (f32.const 0))
        (then
          (local.set $pull
            (f32x4.add
              (f32x4.mul (v128.load (local.get $velocity)) (f32x4.splat (local.get $momentum)))
              (local.get $pull)))
          (v128.store (local.get $velocity) (local.get $pull))
          (local.set $velocity (i32.add (local.get $velocity) (i32.const 16)))))
      (v128.store (local.get $weight) (f32x4.sub (v128.load (local.get $weight)) (local.get $pull)))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $square (i32.add (local.get $square) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $weight (i32.add (local.get $weight) (i32.const 16))) (local.get $end)))))

  ;; `rest1` and `rest2` are 1 - beta, `rate` has the corrections for the first steps.
  (func (export "adam")
    (param $weight i32) (param $gradient i32) (param $first i32) (param $second i32) (param $bytes i32)
    (param $rate f32) (param $rest1 f32) (param $rest2 f32) (param $epsilon f32)
    (local $end i32) (local $slope v128) (local $mean v128) (local $square v128)
    (local.set $end (i32.add (local.get $weight) (local.get $bytes)))
    (loop $next
      (local.set $slope (v128.load (local.get $gradient)))
      (local.set $mean (v128.load (local.get $first)))
      (local.set $mean
        (f32x4.add (local.get $mean)
          (f32x4.mul (f32x4.sub (local.get $slope) (local.get $mean)) (f32x4.splat (local.get $rest1)))))
      (v128.store (local.get $first) (local.get $mean))
      (local.set $square (v128.load (local.get $second)))
      (local.set $square
        (f32x4.add (local.get $square)
          (f32x4.mul
            (f32x4.sub (f32x4.mul (local.get $slope) (local.get $slope)) (local.get $square))
            (f32x4.splat (local.get $rest2)))))
      (v128.store (local.get $second) (local.get $square))
      (v128.store (local.get $weight)
        (f32x4.sub (v128.load (local.get $weight))
          (f32x4.div
            (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $mean))
            (f32x4.add (f32x4.sqrt (local.get $square)) (f32x4.splat (local.get $epsilon))))))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $first (i32.add (local.get $first) (i32.const 16)))
      (local.set $second (i32.add (local.get $second) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $weight (i32.add (local.get $weight) (i32.const 16))) (local.get $end))))))
