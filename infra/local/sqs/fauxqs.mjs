// Runs fauxqs on one address only: its own command line binds every interface.
// Arguments: host and port (0 for a free one). Prints the URL when it listens, and
// ends when its standard input does, which is when the parent is gone.
import { buildApp } from "fauxqs";

// fauxqs 1.9.2 refuses emoji in a message, while SQS takes all of Unicode but most
// control characters (API reference, SendMessage). The check is a shared constant.
const types = await import(new URL("./sqs/sqsTypes.js", import.meta.resolve("fauxqs")));
const refused = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
types.INVALID_MESSAGE_BODY_CHAR.test = (body) => refused.test(body);

const [host, port] = process.argv.slice(-2);
process.stdin.resume().on("close", () => process.exit());
try {
  console.log(await buildApp({ logger: false }).listen({ host, port: Number(port) }));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
