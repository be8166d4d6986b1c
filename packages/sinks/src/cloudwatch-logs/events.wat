;; Writes the events of a PutLogEvents body. `event-writer.ts` runs it; `events-wasm.ts` is this file, assembled.
;;
;; Inside a JSON string, `"` and `\` get a `\` before them. Lines of JSON are full of quotes, so that a branch for each would be
;; guessed wrongly again and again. Here there is none: which of 8 bytes need it makes a number, and the pattern of that number
;; says where each of the 8 goes and where backslashes go in between.
;;
;; Reads and writes up to 32 bytes more than it has to; the memory must have them.
(module
  ;;    0  32 bytes, by the caller: what stands before the last six digits of an event's time
  ;;   32  16 bytes: what stands between its time and its message
  ;;   48  16 times 0x00, 16 times 0xff
  ;; 4096  256 patterns of 16 bytes, by the caller
  (import "roomlog" "memory" (memory 1))
  (data (i32.const 32) ",\"message\":\"")
  (data (i32.const 64) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; Each of the `count` entries has three i32: where a line starts, its bytes, the last six digits of its time.
  ;; Returns where what was written to `to` ends, or 0 if a line has a byte below 0x20.
  (func (export "write")
    (param $entry i32) (param $count i32) (param $to i32) (param $headBytes i32) (result i32)
    (local $from i32) (local $end i32) (local $time i32) (local $digits i32) (local $at i32)
    (local $taken i32) (local $mask i32) (local $firstMask i32) (local $bytes v128) (local $least v128)
    (local.set $least (v128.const i64x2 -1 -1))
    (loop $event
      (local.set $from (i32.load (local.get $entry)))
      (local.set $end (i32.add (local.get $from) (i32.load offset=4 (local.get $entry))))
      (local.set $time (i32.load offset=8 (local.get $entry)))

      (v128.store (local.get $to) (v128.load (i32.const 0)))
      (v128.store offset=16 (local.get $to) (v128.load (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (local.get $headBytes)))

      ;; Two digits at a time, the last ones first.
      (local.set $at (i32.const 4))
      (loop $pair
        (local.set $digits (i32.rem_u (local.get $time) (i32.const 100)))
        (local.set $time (i32.div_u (local.get $time) (i32.const 100)))
        (i32.store16
          (i32.add (local.get $to) (local.get $at))
          (i32.add
            (i32.const 0x3030)
            (i32.or
              (i32.div_u (local.get $digits) (i32.const 10))
              (i32.shl (i32.rem_u (local.get $digits) (i32.const 10)) (i32.const 8)))))
        (br_if $pair (i32.ge_s (local.tee $at (i32.sub (local.get $at) (i32.const 2))) (i32.const 0))))

      (v128.store offset=6 (local.get $to) (v128.load (i32.const 32)))
      (local.set $to (i32.add (local.get $to) (i32.const 18)))

      (if (i32.lt_s (local.get $from) (local.get $end)) (then (loop $block
        (local.set $bytes (v128.load (local.get $from)))
        (local.set $taken (i32.const 16))
        (if (i32.lt_s (i32.sub (local.get $end) (local.get $from)) (i32.const 16)) (then
          ;; What is behind the line becomes 0xff, which needs nothing and is written over.
          (local.set $taken (i32.sub (local.get $end) (local.get $from)))
          (local.set $bytes
            (v128.or (local.get $bytes) (v128.load (i32.sub (i32.const 64) (local.get $taken)))))))
        (local.set $least (i8x16.min_u (local.get $least) (local.get $bytes)))

        (local.set $mask (i8x16.bitmask (v128.or
          (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))
          (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c))))))
        (local.set $firstMask (i32.and (local.get $mask) (i32.const 0xff)))

        ;; Eight of the bytes and eight backslashes, put in order.
        (v128.store
          (local.get $to)
          (i8x16.swizzle
            (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
              (local.get $bytes) (i8x16.splat (i32.const 0x5c)))
            (v128.load offset=4096 (i32.shl (local.get $firstMask) (i32.const 4)))))
        (v128.store offset=8
          (i32.add (local.get $to) (i32.popcnt (local.get $firstMask)))
          (i8x16.swizzle
            (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
              (local.get $bytes) (i8x16.splat (i32.const 0x5c)))
            (v128.load offset=4096 (i32.shl (i32.shr_u (local.get $mask) (i32.const 8)) (i32.const 4)))))

        (local.set $to (i32.add (local.get $to) (i32.add (local.get $taken) (i32.popcnt (local.get $mask)))))
        (br_if $block (i32.lt_s (local.tee $from (i32.add (local.get $from) (i32.const 16))) (local.get $end))))))

      (local.set $entry (i32.add (local.get $entry) (i32.const 12)))
      (br_if $event (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))

    (select
      (i32.const 0)
      (local.get $to)
      (v128.any_true (i8x16.lt_u (local.get $least) (i8x16.splat (i32.const 0x20)))))))
