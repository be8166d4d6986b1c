;; Packs and unpacks blocks of up to 64 KB as LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
;; `block.ts` runs it; `block-wasm.ts` is this file, assembled.
;;
;; A block is a run of sequences. Each has a token, then literals (bytes as they are), then a match: how far back the bytes
;; that follow have been before. The token has the length of both; 15 of literals, 19 of a match mean that more length comes.
;;
;; Each byte passes through few instructions, so that a call costs: V8 does not inline it. Only long runs are called for.
;; Reads and writes up to 32 bytes more than it has to; the memory must have them.
(module
  ;; 0  16 KB, while packing: where bytes of this hash were last, counted from the start of the block
  (import "roomlog" "memory" (memory 1))

  ;; Returns where what was written to `to` ends: at most bytes + bytes / 255 + 16 further.
  (func (export "pack") (param $from i32) (param $bytes i32) (param $to i32) (result i32)
    (local $end i32) (local $lastMatch i32) (local $at i32) (local $packed i32) (local $tried i32) (local $slot i32)
    (local $match i32) (local $token i32) (local $length i32) (local $differing i64)
    (local.set $end (i32.add (local.get $from) (local.get $bytes)))
    ;; The format wants it: no match begins in the last 12 bytes, none goes into the last 5.
    (local.set $lastMatch (i32.sub (local.get $end) (i32.const 12)))
    (local.set $at (local.get $from))
    (local.set $packed (local.get $from))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 16384))

    (block $tail (loop $sequence
      (local.set $tried (i32.const 64))
      (block $found (loop $search
        ;; What does not repeat is passed over in larger and larger steps.
        (local.set $at (i32.add (local.get $at) (i32.shr_u (local.get $tried) (i32.const 6))))
        (local.set $tried (i32.add (local.get $tried) (i32.const 1)))
        (br_if $tail (i32.gt_s (local.get $at) (local.get $lastMatch)))
        ;; 13 bits of five bytes.
        (local.set $slot
          (i32.shl
            (i32.wrap_i64 (i64.shr_u
              (i64.mul (i64.shl (i64.load (local.get $at)) (i64.const 24)) (i64.const 889523592379))
              (i64.const 51)))
            (i32.const 1)))
        (local.set $match (i32.add (local.get $from) (i32.load16_u (local.get $slot))))
        (i32.store16 (local.get $slot) (i32.sub (local.get $at) (local.get $from)))
        (br_if $found (i32.eq (i32.load (local.get $match)) (i32.load (local.get $at))))
        (br $search)))

      (local.set $token (local.get $to))
      (local.set $to
        (call $literals (local.get $packed) (i32.sub (local.get $at) (local.get $packed)) (local.get $to)))
      (i32.store16 (local.get $to) (i32.sub (local.get $at) (local.get $match)))
      (local.set $to (i32.add (local.get $to) (i32.const 2)))

      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (local.set $match (i32.add (local.get $match) (i32.const 4)))
      (local.set $length (i32.const 0))
      (block $differs (loop $same
        ;; Eight bytes from here end before the last 5.
        (br_if $differs (i32.ge_s (i32.add (local.get $at) (local.get $length)) (local.get $lastMatch)))
        (local.set $differing
          (i64.xor
            (i64.load (i32.add (local.get $at) (local.get $length)))
            (i64.load (i32.add (local.get $match) (local.get $length)))))
        (if (i64.ne (local.get $differing) (i64.const 0)) (then
          (local.set $length
            (i32.add
              (local.get $length)
              (i32.wrap_i64 (i64.shr_u (i64.ctz (local.get $differing)) (i64.const 3)))))
          (br $differs)))
        (local.set $length (i32.add (local.get $length) (i32.const 8)))
        (br $same)))
      (local.set $packed (i32.add (local.get $at) (local.get $length)))
      ;; The search goes on from here by a step of one.
      (local.set $at (i32.sub (local.get $packed) (i32.const 1)))

      (if (i32.lt_u (local.get $length) (i32.const 15))
        (then
          (i32.store8 (local.get $token) (i32.or (i32.load8_u (local.get $token)) (local.get $length))))
        (else
          (i32.store8 (local.get $token) (i32.or (i32.load8_u (local.get $token)) (i32.const 15)))
          (local.set $to (call $writeMore (i32.sub (local.get $length) (i32.const 15)) (local.get $to)))))
      (br $sequence)))

    (call $literals (local.get $packed) (i32.sub (local.get $end) (local.get $packed)) (local.get $to)))

  ;; A token that has no match yet, and its literals.
  (func $literals (param $from i32) (param $bytes i32) (param $to i32) (result i32)
    (if (i32.lt_u (local.get $bytes) (i32.const 15))
      (then
        (i32.store8 (local.get $to) (i32.shl (local.get $bytes) (i32.const 4)))
        (v128.store offset=1 (local.get $to) (v128.load (local.get $from)))
        (return (i32.add (i32.add (local.get $to) (i32.const 1)) (local.get $bytes)))))
    (i32.store8 (local.get $to) (i32.const 0xf0))
    (local.set $to
      (call $writeMore (i32.sub (local.get $bytes) (i32.const 15)) (i32.add (local.get $to) (i32.const 1))))
    (memory.copy (local.get $to) (local.get $from) (local.get $bytes))
    (i32.add (local.get $to) (local.get $bytes)))

  ;; The rest of a length, 255 a byte.
  (func $writeMore (param $rest i32) (param $to i32) (result i32)
    (block $last (loop $more
      (br_if $last (i32.lt_u (local.get $rest) (i32.const 255)))
      (i32.store8 (local.get $to) (i32.const 255))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $rest (i32.sub (local.get $rest) (i32.const 255)))
      (br $more)))
    (i32.store8 (local.get $to) (local.get $rest))
    (i32.add (local.get $to) (i32.const 1)))

  ;; Returns where what was written to `to` ends; 0 if this is no block, or has more than `toEnd` allows.
  (func (export "unpack") (param $from i32) (param $end i32) (param $to i32) (param $toEnd i32) (result i32)
    (local $start i32) (local $token i32) (local $length i32) (local $match i32) (local $copied i32)
    (local.set $start (local.get $to))
    (loop $sequence
      (local.set $token (i32.load8_u (local.get $from)))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (local.set $length (i32.shr_u (local.get $token) (i32.const 4)))
      (if (i32.eq (local.get $length) (i32.const 15)) (then
        (call $readMore (local.get $from) (local.get $end) (local.get $length))
        (local.set $length)
        (local.set $from)))
      (if (i32.or
            (i32.gt_s (i32.add (local.get $from) (local.get $length)) (local.get $end))
            (i32.gt_s (i32.add (local.get $to) (local.get $length)) (local.get $toEnd)))
        (then (return (i32.const 0))))
      (v128.store (local.get $to) (v128.load (local.get $from)))
      (if (i32.gt_u (local.get $length) (i32.const 16)) (then
        (memory.copy (local.get $to) (local.get $from) (local.get $length))))
      (local.set $from (i32.add (local.get $from) (local.get $length)))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      ;; The last sequence has no match.
      (if (i32.eq (local.get $from) (local.get $end)) (then (return (local.get $to))))

      (local.set $match (i32.sub (local.get $to) (i32.load16_u (local.get $from))))
      (local.set $from (i32.add (local.get $from) (i32.const 2)))
      (local.set $length (i32.add (i32.and (local.get $token) (i32.const 15)) (i32.const 4)))
      (if (i32.eq (local.get $length) (i32.const 19)) (then
        (call $readMore (local.get $from) (local.get $end) (local.get $length))
        (local.set $length)
        (local.set $from)))
      (if (i32.or
            (i32.or
              (i32.ge_s (local.get $from) (local.get $end))
              (i32.gt_s (i32.add (local.get $to) (local.get $length)) (local.get $toEnd)))
            (i32.or
              (i32.lt_s (local.get $match) (local.get $start))
              (i32.ge_s (local.get $match) (local.get $to))))
        (then (return (i32.const 0))))
      (local.set $copied (local.get $to))
      (local.set $to (i32.add (local.get $to) (local.get $length)))
      (if (i32.ge_s (i32.sub (local.get $copied) (local.get $match)) (i32.const 16))
        (then (loop $wide
          (v128.store (local.get $copied) (v128.load (local.get $match)))
          (local.set $match (i32.add (local.get $match) (i32.const 16)))
          (br_if $wide
            (i32.lt_s (local.tee $copied (i32.add (local.get $copied) (i32.const 16))) (local.get $to)))))
        ;; It repeats what it is writing.
        (else (loop $narrow
          (i32.store8 (local.get $copied) (i32.load8_u (local.get $match)))
          (local.set $match (i32.add (local.get $match) (i32.const 1)))
          (br_if $narrow
            (i32.lt_s (local.tee $copied (i32.add (local.get $copied) (i32.const 1))) (local.get $to))))))
      (br $sequence))
    (unreachable))

  ;; Where the rest of a length ends, and what the length is with it.
  (func $readMore (param $from i32) (param $end i32) (param $length i32) (result i32 i32)
    (local $more i32)
    (loop $next
      (if (i32.lt_s (local.get $from) (local.get $end)) (then
        (local.set $more (i32.load8_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $length (i32.add (local.get $length) (local.get $more)))
        (br_if $next (i32.eq (local.get $more) (i32.const 255))))))
    (local.get $from)
    (local.get $length)))
