using System.Runtime.CompilerServices;
using FlowQuota.OpenApi;

// dotnet run --project infra/openapi [FILE]; without a file, docs/openapi.json of this tree.
await File.WriteAllTextAsync(args is [var file] ? file : Committed(), await ApiDocument.WriteAsync());

static string Committed([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "openapi.json");
