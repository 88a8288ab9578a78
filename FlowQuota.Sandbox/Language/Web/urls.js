(function (exports, native) {
    'use strict';

    // What the two classes need of one another.
    let replaceList, attach;

    const text = value => `${value}`.toWellFormed();

    const fail = (message, code) => {
        const error = new TypeError(message);
        error.code = code;
        return error;
    };

    exports.URLSearchParams = class URLSearchParams {
        #list = [];
        // Sets the query of the URL that these are the parameters of.
        #changed = null;

        static {
            replaceList = (params, query) => {
                params.#list = native.parseForm(query);
            };
            attach = (params, changed) => {
                params.#changed = changed;
            };
        }

        constructor(init = undefined) {
            if (init === undefined || init === null)
                return;
            if (typeof init !== 'object' && typeof init !== 'function') {
                const query = text(init);
                this.#list = native.parseForm(query[0] === '?' ? query.slice(1) : query);
                return;
            }

            const iterator = init[Symbol.iterator];
            if (iterator === undefined || iterator === null) {
                for (const name of Reflect.ownKeys(init)) {
                    if (typeof name === 'string' && Object.getOwnPropertyDescriptor(init, name)?.enumerable)
                        this.#put(text(name), text(init[name]));
                }
                return;
            }

            if (typeof iterator !== 'function')
                throw fail('Query pairs must be iterable', 'ERR_ARG_NOT_ITERABLE');
            for (const pair of init) {
                if (pair === null || typeof pair !== 'object' && typeof pair !== 'function' || typeof pair[Symbol.iterator] !== 'function')
                    throw fail('Each query pair must be an iterable [name, value] tuple', 'ERR_INVALID_TUPLE');
                const both = [...pair];
                if (both.length !== 2)
                    throw fail('Each query pair must be an iterable [name, value] tuple', 'ERR_INVALID_TUPLE');
                this.#list.push([text(both[0]), text(both[1])]);
            }
        }

        // A name that differs from one before only by what is no text replaces its value.
        #put(name, value) {
            const known = this.#list.find(pair => pair[0] === name);
            if (known === undefined)
                this.#list.push([name, value]);
            else
                known[1] = value;
        }

        #change(list) {
            this.#list = list;
            this.#changed?.(native.writeForm(list));
        }

        static #need(count, given, names) {
            if (given < count)
                throw fail(`The ${names} argument${count > 1 ? 's' : ''} must be specified`, 'ERR_MISSING_ARGS');
        }

        get size() {
            return this.#list.length;
        }

        append(name, value) {
            URLSearchParams.#need(2, arguments.length, '"name" and "value"');
            this.#list.push([text(name), text(value)]);
            this.#change(this.#list);
        }

        delete(name, value = undefined) {
            URLSearchParams.#need(1, arguments.length, '"name"');
            const [wanted, only] = [text(name), value === undefined ? undefined : text(value)];
            this.#change(this.#list.filter(pair => pair[0] !== wanted || only !== undefined && pair[1] !== only));
        }

        get(name) {
            URLSearchParams.#need(1, arguments.length, '"name"');
            const wanted = text(name);
            return this.#list.find(pair => pair[0] === wanted)?.[1] ?? null;
        }

        getAll(name) {
            URLSearchParams.#need(1, arguments.length, '"name"');
            const wanted = text(name);
            return this.#list.filter(pair => pair[0] === wanted).map(pair => pair[1]);
        }

        has(name, value = undefined) {
            URLSearchParams.#need(1, arguments.length, '"name"');
            const [wanted, only] = [text(name), value === undefined ? undefined : text(value)];
            return this.#list.some(pair => pair[0] === wanted && (only === undefined || pair[1] === only));
        }

        set(name, value) {
            URLSearchParams.#need(2, arguments.length, '"name" and "value"');
            const [wanted, given] = [text(name), text(value)];
            const first = this.#list.findIndex(pair => pair[0] === wanted);
            if (first < 0) {
                this.append(wanted, given);
                return;
            }
            const list = this.#list.filter((pair, index) => index <= first || pair[0] !== wanted);
            list[first] = [wanted, given];
            this.#change(list);
        }

        sort() {
            this.#change([...this.#list].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
        }

        forEach(callback, self = undefined) {
            if (typeof callback !== 'function')
                throw fail('The "callback" argument must be of type function', 'ERR_INVALID_ARG_TYPE');
            for (let index = 0; index < this.#list.length; index++)
                callback.call(self, this.#list[index][1], this.#list[index][0], this);
        }

        *entries() {
            for (let index = 0; index < this.#list.length; index++)
                yield [this.#list[index][0], this.#list[index][1]];
        }

        *keys() {
            for (let index = 0; index < this.#list.length; index++)
                yield this.#list[index][0];
        }

        *values() {
            for (let index = 0; index < this.#list.length; index++)
                yield this.#list[index][1];
        }

        toString() {
            return native.writeForm(this.#list);
        }

        get [Symbol.toStringTag]() {
            return 'URLSearchParams';
        }
    };

    Object.defineProperty(exports.URLSearchParams.prototype, Symbol.iterator, {
        value: exports.URLSearchParams.prototype.entries, writable: true, configurable: true,
    });

    exports.URL = class URL {
        #url;
        #params = null;

        constructor(input, base = undefined) {
            if (arguments.length === 0)
                throw fail('The "url" argument must be specified', 'ERR_MISSING_ARGS');
            const [given, from] = [`${input}`, base === undefined ? undefined : `${base}`];
            this.#url = native.parse(given, from);
            if (this.#url === null) {
                const error = fail('Invalid URL', 'ERR_INVALID_URL');
                error.input = given;
                if (from !== undefined)
                    error.base = from;
                throw error;
            }
        }

        static canParse(input, base = undefined) {
            if (arguments.length === 0)
                throw fail('The "url" argument must be specified', 'ERR_MISSING_ARGS');
            return native.parse(`${input}`, base === undefined ? undefined : `${base}`) !== null;
        }

        get searchParams() {
            if (this.#params === null) {
                this.#params = new exports.URLSearchParams();
                replaceList(this.#params, this.search.slice(1));
                attach(this.#params, query => native.setQuery(this.#url, query));
            }
            return this.#params;
        }

        get href() {
            return native.get(this.#url, 'href');
        }

        set href(value) {
            if (!native.set(this.#url, 'href', `${value}`)) {
                const error = fail('Invalid URL', 'ERR_INVALID_URL');
                error.input = `${value}`;
                throw error;
            }
            this.#readParams();
        }

        get origin() {
            return native.get(this.#url, 'origin');
        }

        get protocol() {
            return native.get(this.#url, 'protocol');
        }

        set protocol(value) {
            native.set(this.#url, 'protocol', `${value}`);
        }

        get username() {
            return native.get(this.#url, 'username');
        }

        set username(value) {
            native.set(this.#url, 'username', `${value}`);
        }

        get password() {
            return native.get(this.#url, 'password');
        }

        set password(value) {
            native.set(this.#url, 'password', `${value}`);
        }

        get host() {
            return native.get(this.#url, 'host');
        }

        set host(value) {
            native.set(this.#url, 'host', `${value}`);
        }

        get hostname() {
            return native.get(this.#url, 'hostname');
        }

        set hostname(value) {
            native.set(this.#url, 'hostname', `${value}`);
        }

        get port() {
            return native.get(this.#url, 'port');
        }

        set port(value) {
            native.set(this.#url, 'port', `${value}`);
        }

        get pathname() {
            return native.get(this.#url, 'pathname');
        }

        set pathname(value) {
            native.set(this.#url, 'pathname', `${value}`);
        }

        get search() {
            return native.get(this.#url, 'search');
        }

        set search(value) {
            native.set(this.#url, 'search', `${value}`);
            this.#readParams();
        }

        get hash() {
            return native.get(this.#url, 'hash');
        }

        set hash(value) {
            native.set(this.#url, 'hash', `${value}`);
        }

        #readParams() {
            if (this.#params !== null)
                replaceList(this.#params, this.search.slice(1));
        }

        toString() {
            return this.href;
        }

        toJSON() {
            return this.href;
        }

        get [Symbol.toStringTag]() {
            return 'URL';
        }
    };

    for (const name of ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash', 'toString', 'toJSON'])
        Object.defineProperty(exports.URL.prototype, name, { enumerable: true });
})
