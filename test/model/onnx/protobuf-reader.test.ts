import { expect, test } from '@jest/globals';
import { Message } from '../../../src/model/onnx/protobuf.js';
import { bytesOf, fieldsOf, textOf } from '../../../src/model/onnx/protobuf-reader.js';

const message = new Message()
  .int(1, 150)
  .text(2, 'testing')
  .float(3, 1.5)
  .int(20, -2)
  .message(5, new Message().text(1, 'é'))
  .text(2, 'again');

test('what is written is read back, field by field', () => {
  const read = [...fieldsOf(message.toBytes())].map((field) => [
    field.number,
    field.kind === 'varint' ? field.value : Buffer.from(field.bytes).toString('hex'),
  ]);
  expect(read).toEqual([
    [1, 150n],
    [2, Buffer.from('testing').toString('hex')],
    [3, '0000c03f'],
    [20, 2n ** 64n - 2n],
    [5, '0a02c3a9'],
    [2, Buffer.from('again').toString('hex')],
  ]);
  expect(bytesOf(message.toBytes(), 2)).toHaveLength(2);
  expect(textOf(message.toBytes(), 2)).toBe('again');
  expect(textOf(bytesOf(message.toBytes(), 5)[0], 1)).toBe('é');
  expect(textOf(message.toBytes(), 9)).toBe('');
});

test('bytes that end early are refused, wherever that is', () => {
  const whole = message.toBytes();
  const fields = [...fieldsOf(whole)].length;
  for (let length = 0; length < whole.length; length++) {
    const count = (): number => [...fieldsOf(whole.subarray(0, length))].length;
    // Between two fields a message may end; nowhere else.
    try {
      expect(count()).toBeLessThan(fields);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }
  expect(() => [...fieldsOf(Uint8Array.of(0x0a, 0x05, 1, 2))]).toThrow('a field of 5 bytes has 2');
  expect(() => [...fieldsOf(new Uint8Array(12).fill(0xff))]).toThrow('more than ten bytes');
  expect(() => [...fieldsOf(Uint8Array.of(0x0b))]).toThrow('tag 11');
});
