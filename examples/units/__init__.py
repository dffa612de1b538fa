"""The 29 responsible units (责任单位) as an example program that uses the SDK and nothing else of ours."""
