using Acornima;
using FlowQuota.Sandbox.Limits;
using Jint;

namespace FlowQuota.Sandbox.Language.Modules;

/// <summary>
/// The packages that an operator installed, shared by all runs of a process. Each file is read and parsed when it is first
/// required, and kept until the space is needed. Not thread-safe.
/// </summary>
internal sealed class ModuleStore
{
    /// <summary>The names that a file's code sees beside the globals.</summary>
    public const string Parameters = "exports, require, module, __filename, __dirname, global";

    /// <summary>The prefix of files in stacks and in <c>__filename</c>, before their <see cref="ModulePath"/>.</summary>
    public const string Root = "node_modules/";

    /// <summary>How many lines precede a file's first.</summary>
    public const int LinesBefore = 1;

    // A parsed file takes some 25 bytes a character, so this is about 100 MB.
    private const int MaxTotalLength = 4 * 1024 * 1024;
    private const int RetainedBytesPerChar = 25;

    private readonly Dictionary<string, ModuleSource> _sources = new(StringComparer.Ordinal);
    private readonly ModuleFiles _files;
    private readonly ScriptPreparationOptions _preparation;
    private long _clock;
    private int _totalLength;

    /// <param name="folder">The folder in which <c>npm install</c> ran.</param>
    /// <param name="regexTimeout">How long one match of a regular expression literal may take.</param>
    public ModuleStore(string folder, TimeSpan regexTimeout)
    {
        _files = new ModuleFiles(folder);
        Resolver = new ModuleResolver(_files);
        _preparation = new ScriptPreparationOptions
        {
            ParsingOptions = new ScriptParsingOptions { CompileRegex = false, RegexTimeout = regexTimeout, RetainFunctionSourceText = true },
        };
    }

    /// <summary>Finds files.</summary>
    public ModuleResolver Resolver { get; }

    /// <summary>A file, parsed now if it is not kept.</summary>
    /// <param name="path">Its <see cref="ModulePath"/>.</param>
    /// <param name="budget">The requiring run; it is not charged for the memory that the process keeps.</param>
    /// <exception cref="ModuleRefusal">The file cannot be read or parsed.</exception>
    public ModuleSource Get(string path, RunBudget budget)
    {
        if (!_sources.TryGetValue(path, out var source))
        {
            source = budget.Exempt(() => Load(path), static loaded => (long)loaded.Length * RetainedBytesPerChar);
            MakeRoom(source.Length);
            _sources.Add(path, source);
            _totalLength += source.Length;
        }

        source.LastUsed = ++_clock;
        return source;
    }

    private ModuleSource Load(string path)
    {
        string text = _files.Read(path);
        if (path.EndsWith(".json", StringComparison.Ordinal))
            return new ModuleSource(path, text.Length, null, text);
        // A script's first line may name the program that runs it.
        if (text.StartsWith("#!", StringComparison.Ordinal))
            text = $"//{text}";
        try
        {
            var script = Engine.PrepareScript($"(function ({Parameters}) {{\n{text}\n}})", Root + path, strict: false, _preparation);
            return new ModuleSource(path, text.Length, GlobalScope.FunctionIn(script), null);
        }
        catch (ScriptPreparationException refused)
        {
            string reason = refused.InnerException is ParseErrorException error
                ? $"{error.Description} (line {Math.Max(1, error.LineNumber - LinesBefore)})"
                : refused.Message;
            throw new ModuleRefusal(ModuleRefusal.Unusable, $"{Root}{path} does not parse: {reason}");
        }
        catch (ArgumentException)
        {
            throw new ModuleRefusal(ModuleRefusal.Unusable, $"{Root}{path} is no CommonJS module");
        }
    }

    private void MakeRoom(int length)
    {
        while (_sources.Count > 0 && _totalLength + length > MaxTotalLength)
        {
            var oldest = _sources.Values.MinBy(static source => source.LastUsed)!;
            _sources.Remove(oldest.Path);
            _totalLength -= oldest.Length;
        }
    }
}
