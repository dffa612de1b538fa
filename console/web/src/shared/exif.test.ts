/** A photo made smaller says of itself what the camera wrote, and stands upright. */
import { expect, test } from "vitest";
import { exifOf, withExif } from "./exif";

// Big-endian TIFF with two tags: orientation 6, and the make "abc".
const TIFF = [
  0x4d, 0x4d, 0, 0x2a, 0, 0, 0, 8, 0, 2,
  0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0,
  0x01, 0x0f, 0, 2, 0, 0, 0, 4, 0x61, 0x62, 0x63, 0,
  0, 0, 0, 0,
]; // prettier-ignore
const BODY = [0x45, 0x78, 0x69, 0x66, 0, 0, ...TIFF];
const EXIF = [0xff, 0xe1, 0, BODY.length + 2, ...BODY];
const JFIF = [0xff, 0xe0, 0, 4, 1, 2];
const PICTURE = [0xff, 0xda, 0, 2, 9, 9, 0xff, 0xd9];

test("the EXIF is found behind other segments, and carried over with the orientation upright", () => {
  const taken = new Uint8Array([0xff, 0xd8, ...JFIF, ...EXIF, ...PICTURE]);
  const small = new Uint8Array([0xff, 0xd8, ...JFIF, ...PICTURE]);

  const whole = withExif(small, exifOf(taken)!);

  const expected = EXIF.slice();
  expected[expected.indexOf(6, 20)] = 1;
  expect([...whole]).toEqual([0xff, 0xd8, ...expected, ...JFIF, ...PICTURE]);
  expect([...exifOf(whole)!]).toEqual(expected);
});

test("what is no JPEG, or is cut short, has none", () => {
  expect(exifOf(new Uint8Array([0x89, 0x50, 0x4e, 0x47]))).toBeNull();
  expect(exifOf(new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 0x45]))).toBeNull();
  expect(exifOf(new Uint8Array([0xff, 0xd8, ...PICTURE]))).toBeNull();
});
