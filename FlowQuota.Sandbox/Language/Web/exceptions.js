(function (exports) {
    'use strict';

    // The names that have a code, in the order of their codes; the gaps are codes that are no longer used.
    const names = [
        'IndexSizeError', null, 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError', null, 'NoModificationAllowedError',
        'NotFoundError', 'NotSupportedError', 'InUseAttributeError', 'InvalidStateError', 'SyntaxError', 'InvalidModificationError',
        'NamespaceError', 'InvalidAccessError', null, 'TypeMismatchError', 'SecurityError', 'NetworkError', 'AbortError', 'URLMismatchError',
        'QuotaExceededError', 'TimeoutError', 'InvalidNodeTypeError', 'DataCloneError',
    ];

    exports.DOMException = class DOMException extends Error {
        constructor(message = '', options = 'Error') {
            super(`${message}`);
            const settings = options !== null && typeof options === 'object' ? options : { name: options };
            const name = `${settings.name ?? 'Error'}`;
            this.#hide('name', name);
            this.#hide('code', names.indexOf(name) + 1);
            if ('cause' in settings)
                this.#hide('cause', settings.cause);
        }

        #hide(name, value) {
            Object.defineProperty(this, name, { value, configurable: true, enumerable: false, writable: true });
        }

        get [Symbol.toStringTag]() {
            return 'DOMException';
        }
    };

    names.forEach((name, index) => {
        if (name === null)
            return;
        const constant = { value: index + 1, enumerable: true };
        const upper = name.replace(/Error$/, '').replace(/([a-z])(?=[A-Z])/g, '$1_').replace(/^URLM/, 'URL_M').toUpperCase() + '_ERR';
        Object.defineProperty(exports.DOMException, upper, constant);
        Object.defineProperty(exports.DOMException.prototype, upper, constant);
    });
})
