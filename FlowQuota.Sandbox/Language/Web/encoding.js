(function (exports, native) {
    'use strict';

    exports.TextEncoder = class TextEncoder {
        get encoding() {
            return 'utf-8';
        }

        encode(text = '') {
            return native.encode(`${text}`);
        }

        encodeInto(text, target) {
            const [read, written] = native.encodeInto(`${text}`, target);
            return { read, written };
        }

        get [Symbol.toStringTag]() {
            return 'TextEncoder';
        }
    };

    exports.TextDecoder = class TextDecoder {
        #encoding;
        #fatal;
        #ignoreBOM;
        // What the last part of a text in parts left over.
        #state = null;

        constructor(label = 'utf-8', options = {}) {
            this.#encoding = native.encodingOf(`${label}`);
            if (this.#encoding === null) {
                const error = new RangeError(`The "${label}" encoding is not supported`);
                error.code = 'ERR_ENCODING_NOT_SUPPORTED';
                throw error;
            }
            this.#fatal = Boolean(options?.fatal);
            this.#ignoreBOM = Boolean(options?.ignoreBOM);
        }

        get encoding() {
            return this.#encoding;
        }

        get fatal() {
            return this.#fatal;
        }

        get ignoreBOM() {
            return this.#ignoreBOM;
        }

        decode(source, options) {
            const state = this.#state ?? native.decoder(this.#encoding, this.#fatal, this.#ignoreBOM);
            this.#state = null;
            const isPart = Boolean(options?.stream);
            const text = state(source, isPart);
            if (isPart)
                this.#state = state;
            return text;
        }

        get [Symbol.toStringTag]() {
            return 'TextDecoder';
        }
    };
})
