/** A name server on 127.0.0.1 that knows no name and notes each that it is asked for: `node name-server.mjs <file>`. */
import { createSocket } from 'node:dgram';
import { appendFileSync } from 'node:fs';

const socket = createSocket('udp4');
socket.on('message', (message, { port, address }) => {
  appendFileSync(
    process.argv[2],
    `${message
      .subarray(13, message.indexOf(0, 12))
      .toString('latin1')
      .replace(/[^\w-]/g, '.')}\n`,
  );
  const answer = Buffer.from(message);
  // An answer, to a question that wanted recursion, that there is no such name (RFC 1035, 4.1.1).
  answer.writeUInt16BE(0x8183, 2);
  socket.send(answer, port, address);
});
socket.bind(53, '127.0.0.1', () => appendFileSync(process.argv[2], ''));
