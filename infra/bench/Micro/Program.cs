using BenchmarkDotNet.Running;

// Without arguments all of them, one after the other; otherwise BenchmarkDotNet's own, such as --filter *Token*.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length == 0 ? ["--filter", "*"] : args);
