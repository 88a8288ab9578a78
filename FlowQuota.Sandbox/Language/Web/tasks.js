(function (exports) {
    'use strict';

    const done = Promise.resolve();

    exports.queueMicrotask = function queueMicrotask(callback) {
        if (typeof callback !== 'function')
            throw new TypeError('The callback of queueMicrotask must be a function');
        done.then(() => {
            callback();
        });
    };
})
