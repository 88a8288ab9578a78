// What a caller's script may look like: orders are read, checked by a pattern, summed up and told as JSON.
const pattern = /^([A-Z]{2})-(\d{4})-([a-z]+)$/;
const text = JSON.stringify({
  currency: "EUR",
  orders: Array.from({ length: 20 }, (_, i) => ({
    code: `${i % 3 === 0 ? "DE" : "FR"}-${1000 + i}-${i % 2 === 0 ? "book" : "pen"}`,
    amount: 1 + (i % 5),
    price: 2.5 * (i + 1),
  })),
});

function read(source) {
  const parsed = JSON.parse(source);
  if (!Array.isArray(parsed.orders)) {
    throw new TypeError("orders must be a list");
  }
  return parsed;
}

function split(code) {
  const match = pattern.exec(code);
  if (match === null) {
    return null;
  }
  return { country: match[1], number: Number(match[2]), kind: match[3] };
}

const totals = new Map();
const wrong = [];
const { currency, orders } = read(text);

for (const order of orders) {
  const parts = split(order.code);
  if (parts === null) {
    wrong.push(order.code);
    continue;
  }
  const key = `${parts.country}/${parts.kind}`;
  const total = totals.get(key) ?? { count: 0, value: 0 };
  total.count += order.amount;
  total.value += order.amount * order.price;
  totals.set(key, total);
}

const lines = [...totals.entries()]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, total]) => `${key}: ${total.count} for ${total.value.toFixed(2)} ${currency}`);

lines.forEach((line) => console.log(line));
return { lines, wrong, sum: [...totals.values()].reduce((sum, total) => sum + total.value, 0) };
