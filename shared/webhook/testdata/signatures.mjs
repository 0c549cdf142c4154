// Makes signatures.json with Twilio's own Node helper, the same cases every time. Copy
// this file to a folder outside of the repository, and there:
//
//   npm install twilio@6.2.0 && node signatures.mjs > signatures.json
//
// A case is what arrives at a webhook: the URL Twilio was given, the raw form, the token
// it was signed with, and the signature. The helper signs the form as Node reads it.
//
// No character is from U+E000 to U+FFFF: JavaScript sorts strings by UTF-16 units and Go
// by bytes, which differ between those and emoji. Twilio's names are plain ASCII.
import { parse } from "node:querystring";
import twilio from "twilio";

let state = 2026;
function random(n) { // mulberry32: 0 to n-1
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % n;
}
const pick = (list) => list[random(list.length)];
const times = (n, make) => Array.from({ length: n }, make);

const origins = ["https://texts.example.com", "https://texts.example.com:8443", "http://127.0.0.1:7080", "http://texts.example.com"];
const paths = ["/webhooks/twilio/sms", "/webhooks/twilio/voice", "/webhooks/twilio/voice/after"];
const queries = ["", "", "?foo=1&bar=2", "?b=2&a=1&a=1", "?q=%C3%BC+x%20y", "?it's=(ok)!*", "?next=https%3A%2F%2Fa.example%2F%3Fb%3Dc%23d", "?flag", "?empty=&="];
const names = ["AccountSid", "MessageSid", "From", "To", "Body", "NumMedia", "MediaUrl0", "ToCity", "body", "A", "a", "_", "x-y", "käse", "ключ", "1", "10", "2", "with space", "a&b=c", ""];
const letters = [..."abcXYZ0189 +%;&=#?/:@,.!'()*~-_\"<>\\|^`{}[]$\n\r\t\u0000\u007f\u00a0éßñłЖאبहไ漢字한…€😀👩‍🚀🏳️‍🌈"].filter((c) => c < "\ue000" || c > "\uffff");

// encode writes one part of a form, in one of the ways clients do.
function encode(s) {
  let e = encodeURIComponent(s);
  if (random(2)) e = e.replaceAll("%20", "+");
  if (random(2)) e = e.replace(/[!'()*~]/g, (c) => "%" + c.charCodeAt(0).toString(16));
  if (random(3) == 0) e = e.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase());
  return e;
}

function sign(url, form, token) {
  return { token, url, form, signature: twilio.getExpectedTwilioSignature(token, url, parse(form)) };
}

const token = "0123456789abcdef0123456789abcdef";
const sms = origins[0] + paths[0];
const cases = [
  "",
  "AccountSid=AC1&MessageSid=SM1&From=%2B12125550123&To=%2B12125550100&Body=Hello&NumMedia=0",
  "Body=b&Body=a&Body=b&Body=c", // repeated: each value once, sorted
  "Body=&Empty&Also=", // empty values, one without an equals sign
  "&&Body=a&&&", // empty pairs
  "=nameless",
  "b=1&B=2&a=3&A=4&_=5", // capitals come first
  "Body=1+1%2B1%201", // plus is a space, %2B a plus
  "Body=100%25&Rest=%2525", // percent
  "Body=a%3Bb%3Bc&Semi%3Bcolon=1", // semicolons, escaped as Twilio does
  "Body=Gr%C3%BC%C3%9Fe+%F0%9F%98%80+%E6%BC%A2",
  "Body=%00%0D%0A%09",
  "Body=" + "%F0%9F%98%80".repeat(800), // 1,600 UTF-16 units
  "Tomorrow=1&NobodyKnows=2&Body=a",
].map((form) => sign(sms, form, token));
for (const url of origins.flatMap((o) => queries.map((q) => o + paths[0] + q))) {
  cases.push(sign(url, "Body=a", token));
}
for (let i = 0; i < 300; i++) {
  const pairs = times(random(9), () => {
    const name = encode(pick(names));
    const value = encode(times(random(12), () => pick(letters)).join(""));
    return value || random(2) ? name + "=" + value : name;
  });
  for (let n = random(3); n > 0 && pairs.length; n--) pairs.push(pick(pairs));
  cases.push(sign(pick(origins) + pick(paths) + pick(queries), pairs.join("&"), times(32, () => random(16).toString(16)).join("")));
}
console.log("[\n" + cases.map((c) => JSON.stringify(c)).join(",\n") + "\n]");
