;; Writes the records of a PutRecordBatch body, in base64. `data-writer.ts` runs it; `data-wasm.ts` is this file, assembled.
;;
;; 12 bytes become 16 characters at a time. Reads and writes up to 16 bytes more than it has to; the memory must have them.
(module
  ;; 32  12 bytes: what stands before the data
  ;; 64  16 times 0xff, 16 times 0x00
  (import "roomlog" "memory" (memory 1))
  (data (i32.const 32) "\"},{\"Data\":\"")
  (data (i32.const 64) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; Each of the `count` entries has two i32: where data starts, its bytes, which are at least one.
  ;; Returns where what was written to `to` ends.
  (func (export "write") (param $entry i32) (param $count i32) (param $to i32) (result i32)
    (local $from i32) (local $end i32) (local $left i32) (local $bytes v128) (local $sixes v128)
    (loop $record
      (local.set $from (i32.load (local.get $entry)))
      (local.set $end (i32.add (local.get $from) (i32.load offset=4 (local.get $entry))))

      (v128.store (local.get $to) (v128.load (i32.const 32)))
      (local.set $to (i32.add (local.get $to) (i32.const 12)))

      (loop $block
        (local.set $left (i32.sub (local.get $end) (local.get $from)))
        (local.set $bytes (v128.load (local.get $from)))
        (if (i32.lt_s (local.get $left) (i32.const 12)) (then
          (local.set $bytes
            (v128.and (local.get $bytes) (v128.load (i32.sub (i32.const 80) (local.get $left)))))))

        ;; Bytes a, b, c as b, a, c, b: in a little-endian i32 of them each six bits are in one piece.
        (local.set $bytes
          (i8x16.shuffle 1 0 2 1 4 3 5 4 7 6 8 7 10 9 11 10 (local.get $bytes) (local.get $bytes)))
        (local.set $sixes
          (v128.or
            (v128.or
              (v128.and (i32x4.shr_u (local.get $bytes) (i32.const 10)) (i32x4.splat (i32.const 0x3f)))
              (v128.and (i32x4.shl (local.get $bytes) (i32.const 4)) (i32x4.splat (i32.const 0x3f00))))
            (v128.or
              (v128.and (i32x4.shr_u (local.get $bytes) (i32.const 6)) (i32x4.splat (i32.const 0x3f0000)))
              (v128.and (i32x4.shl (local.get $bytes) (i32.const 8)) (i32x4.splat (i32.const 0x3f000000))))))

        ;; What is to be added: for 26 to 51 (a to z) at index 0, 52 to 61 (0 to 9) at 1 to 10, 62 (+), 63 (/), below 26 (A to Z) at 13.
        (v128.store
          (local.get $to)
          (i8x16.add
            (local.get $sixes)
            (i8x16.swizzle
              (v128.const i8x16 71 -4 -4 -4 -4 -4 -4 -4 -4 -4 -4 -19 -16 65 0 0)
              (v128.or
                (i8x16.sub_sat_u (local.get $sixes) (i8x16.splat (i32.const 51)))
                (v128.and
                  (i8x16.lt_u (local.get $sixes) (i8x16.splat (i32.const 26)))
                  (i8x16.splat (i32.const 13)))))))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (br_if $block (i32.lt_s (local.tee $from (i32.add (local.get $from) (i32.const 12))) (local.get $end))))

      ;; Of the last block's 16 characters, 4 for each 3 bytes begun, with = for each byte that is not there.
      (local.set $to
        (i32.sub
          (local.get $to)
          (i32.sub
            (i32.const 16)
            (i32.shl (i32.div_u (i32.add (local.get $left) (i32.const 2)) (i32.const 3)) (i32.const 2)))))
      (local.set $left (i32.rem_u (local.get $left) (i32.const 3)))
      (if (local.get $left) (then
        (i32.store8 (i32.sub (local.get $to) (i32.const 1)) (i32.const 0x3d))
        (if (i32.eq (local.get $left) (i32.const 1)) (then
          (i32.store8 (i32.sub (local.get $to) (i32.const 2)) (i32.const 0x3d))))))

      (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
      (br_if $record (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
    (local.get $to)))
